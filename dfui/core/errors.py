"""Everything that dfui raises on purpose: one tree, so that a front end catches `DfuiError` and has caught all of it.

    DfuiError
    ├── CommandError                 a command cannot go on
    ├── NotAnId                      a text that is no download ID
    ├── AddressError                 an API address that the token must not be sent to
    ├── SettingsError                a setting that cannot be used
    ├── TokenError                   a text that can be no token
    ├── ReadOnlyProfile              a profile under which nothing may be cancelled
    ├── KeyringProblem               the keyring cannot be used
    │   ├── NoKeyring
    │   ├── KeyringLocked
    │   ├── PlainTextKeyring
    │   ├── KeyringSilent
    │   └── KeyringFailed
    ├── StoreError                   known downloads and the history cannot be read or written
    ├── ExportError                  a file that was asked for was not written
    │   └── FileExists
    ├── TransferError                a result file is not here, or not whole
    │   ├── TransferFailed
    │   ├── FolderNotWritable
    │   └── LinkExpired
    └── DatafinitiError              a call of the API did not do what it was for
        ├── UnreadableAnswer
        ├── NotConnected
        │   ├── InsecureConnection
        │   └── UnusableEnvironment
        ├── AnswerLost
        └── ApiError
            ├── Refused
            ├── NotTheApi
            ├── Unauthorized
            ├── NotFound
            ├── TooManyRequests
            └── ServerFault

Each message is a sentence for the person at the terminal, and holds neither the token nor a result link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future


class DfuiError(Exception):
    """Something kept dfui from doing what was asked."""

    kind = "error"
    """The error's name for scripts, as in `{"error": {"kind": …}}`."""
    exit_code = 1
    """What a command that fails by it exits with."""


class CommandError(DfuiError):
    """A command cannot go on; each says its own `kind`."""

    def __init__(self, kind: str, message: str, exit_code: int, details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.exit_code = exit_code
        self.details = details


# ── what was given ───────────────────────────────────────────────────────────────────────────────────────────────────


class NotAnId(DfuiError):
    """A text that is no download ID; `text` is as it was given."""

    kind = "usage"
    exit_code = 2

    def __init__(self, text: str) -> None:
        rule = "An ID is 1 to 128 letters, digits, _ and -, with at least one digit"
        super().__init__(f"{text!r} is not a download ID. {rule}.")
        self.text = text


class AddressError(DfuiError):
    """An API address that the token must not be sent to."""

    kind = "settings"
    exit_code = 2


class SettingsError(DfuiError):
    """A setting that cannot be used."""

    kind = "settings"
    exit_code = 2


class TokenError(DfuiError):
    """A text that can be no token; the message holds nothing of the text."""

    kind = "token"
    exit_code = 3


class ReadOnlyProfile(DfuiError):
    """The settings refuse every cancellation under this profile."""

    kind = "read_only"

    def __init__(self, profile: str) -> None:
        super().__init__(
            f"The profile {profile} is read-only, so dfui will not cancel anything. "
            f"To change that, remove read_only = true from [profiles.{profile}] in the config file."
        )


# ── this machine ─────────────────────────────────────────────────────────────────────────────────────────────────────


class KeyringProblem(DfuiError):
    """The keyring cannot be used."""

    kind = "keyring"
    exit_code = 3


class NoKeyring(KeyringProblem):
    """There is no keyring here, as is common on a server."""


class KeyringLocked(KeyringProblem):
    """The keyring is locked, and was not unlocked."""


class PlainTextKeyring(KeyringProblem):
    """The only keyring stores the token unencrypted, and the config does not allow that."""


class KeyringSilent(KeyringProblem):
    """The keyring has not answered yet, perhaps because it asks a person; `answer` is done when it does."""

    def __init__(self, answer: Future[object], *, seconds: float) -> None:
        super().__init__(f"The keyring has not answered for {seconds:.0f} s; it may be waiting for you to unlock it.")
        self.answer = answer


class KeyringFailed(KeyringProblem):
    """The keyring broke, refused, or did not keep what it was given."""


class StoreError(DfuiError):
    """The store cannot do this: it is locked, full, damaged, or cannot be written."""

    kind = "store"


class ExportError(DfuiError):
    """The file was not written."""

    kind = "export"


class FileExists(ExportError):
    """There is such a file, and it was not to be overwritten."""


# ── fetching ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class TransferError(DfuiError):
    """A result file is not here, or not whole."""

    kind = "transfer"


class TransferFailed(TransferError):
    """The file could not be fetched. With `is_retryable`, another try may bring it."""

    def __init__(self, sentence: str, *, is_retryable: bool = False) -> None:
        super().__init__(sentence)
        self.is_retryable = is_retryable


class FolderNotWritable(TransferError):
    """Nothing can be written to the folder."""


class LinkExpired(TransferError):
    """The file server no longer accepts the link."""


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class DatafinitiError(DfuiError):
    """Something kept a call of the API from doing what it was for."""

    exit_code = 4
    was_sent = True
    """Whether the request left this machine, at least in part. Only `NotConnected` says that it did not."""


class UnreadableAnswer(DatafinitiError):
    """A body that is not what the call answers with; the message says what is wrong with it."""


class NotConnected(DatafinitiError):
    """No request was sent: no route, no name, no answer to the connection, or a proxy that let nothing through."""

    kind = "not_connected"
    was_sent = False


class InsecureConnection(NotConnected):
    """TLS could not be established, so nothing was sent: a certificate that is not trusted, a wrong host, no TLS."""

    kind = "insecure_connection"


class UnusableEnvironment(NotConnected):
    """A variable names certificates or a proxy that cannot be used, so nothing was sent."""


class AnswerLost(DatafinitiError):
    """The request was sent, and no readable answer came; the API may have done what was asked."""

    kind = "answer_lost"

    def __init__(self, message: str, *, http_status: int | None = None) -> None:
        super().__init__(message)
        self.http_status = http_status
        """The status of the answer, if at least that could be read."""


class ApiError(DatafinitiError):
    """The API answered, and the answer is an error or not an answer to the call (3xx, 4xx, 5xx).

    A 2xx whose body is a documented error is one too: then it is `Refused`, with the `http_status` as it came.
    """

    kind = "api_error"

    def __init__(
        self,
        http_status: int,
        api_message: str | None = None,
        details: tuple[str, ...] = (),
        *,
        retry_after: float | None = None,
    ) -> None:
        self.http_status = http_status
        self.api_message = api_message
        """The API's own words, as they came; None if it gave none."""
        self.details = details
        """What else the API said: `field: message`, or the further messages of a list."""
        self.retry_after = retry_after
        """Seconds to wait before the next try, if the answer named them."""
        super().__init__(f"The API {self.answer}.")

    @property
    def answer(self) -> str:
        return f"answered HTTP {self.http_status}" + (f" and said “{self.api_message}”" if self.api_message else "")


class Refused(ApiError):
    """3xx or 4xx other than those below, or a 2xx whose body is an error: the API will not do this."""

    kind = "refused"
    exit_code = 1


class NotTheApi(ApiError):
    """404 to a call that every account can make: the address is not that of the API."""

    kind = "refused"
    exit_code = 1

    def __init__(
        self,
        address: str,
        http_status: int,
        api_message: str | None = None,
        details: tuple[str, ...] = (),
        *,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(http_status, api_message, details, retry_after=retry_after)
        self.args = (f"{address} does not look like the API: it {self.answer}.",)


class Unauthorized(ApiError):
    """401, a 400 about the token, or any 400 from `/account` and `/auth`: the token or the password is not valid."""

    kind = "unauthorized"
    exit_code = 3


class NotFound(ApiError):
    """404, or a 400 from `GET /downloads/{id}`: there is no such download on this account."""

    kind = "not_found"
    exit_code = 1


class TooManyRequests(ApiError):
    """429: ask again later."""

    kind = "too_many_requests"


class ServerFault(ApiError):
    """5xx: the API, or something before it, failed; a request that changes something may have done so."""

    kind = "server_fault"
