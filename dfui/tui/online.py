"""What keeps known downloads current while there is a token: the list, single downloads, following the active ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.message import Message

from dfui.core.clock import Clock
from dfui.core.downloads import DownloadDetails
from dfui.core.errors import DatafinitiError, Halted, NotFound, StoreError, Unauthorized
from dfui.core.progress import ListProgress
from dfui.operations.api_access import ApiAccess
from dfui.operations.poll import FollowUps, Poller, WhileActive
from dfui.operations.refresh import DownloadRefresher, refresh_list
from dfui.operations.resolve import resolve
from dfui.store import Store
from dfui.tui.messages import (
    CancellationsEnded,
    DetailsFetched,
    DownloadsChanged,
    ListProgressed,
    Notice,
    RefreshFailed,
)
from dfui.wording.downloads import records_skipped
from dfui.wording.errors import error_sentences

if TYPE_CHECKING:
    from dfui.operations.file_sizes import FileSizes

RecordContact = Callable[[DatafinitiError | None], None]
"""Called each time the API was asked, with the error where there was one."""


class Online:
    """Downloads as the API shows them, kept in the store; used on the network thread alone."""

    def __init__(
        self,
        access: ApiAccess,
        store: Store,
        *,
        clock: Clock,
        post: Callable[[Message], object],
        record_contact: RecordContact,
        store_failed: Callable[[StoreError], None],
    ) -> None:
        self._access = access
        # The import and the certificates take long enough to notice, but nothing waits for the network thread.
        self.client = access.client()
        self._store = store
        self._clock = clock
        self._post = post
        self._record_contact = record_contact
        self._refresher = DownloadRefresher(self.client, store, clock=clock)
        active = WhileActive(store.downloads.active_ids, known=store.downloads.get, clock=clock)
        self._active = Poller(self._refresher, active, clock=clock, store_failed=store_failed)
        follow_ups = FollowUps(store, clock=clock)
        self._follow_ups = Poller(self._refresher, follow_ups, clock=clock, store_failed=store_failed)
        self._following: asyncio.Task[None] | None = None
        self._looking_again: asyncio.Task[None] | None = None
        self._is_refreshing_list = False
        self._sizes: FileSizes | None = None
        self._shown_id: str | None = None
        """The download whose details are open."""

    async def resolve(self) -> None:
        """Settle the cancellations that an earlier dfui left open."""
        outcomes = [outcome async for outcome in resolve(client=self.client, store=self._store, clock=self._clock)]
        if outcomes:
            self._post(CancellationsEnded(tuple(outcomes), settled=True))

    async def refresh_list(self) -> bool:
        """Fetch the whole list, unless it is being fetched; whether it has come."""
        if self._is_refreshing_list:
            return False
        self._is_refreshing_list = True
        try:
            refreshed = await refresh_list(
                self.client, self._store, clock=self._clock, progressed=self._list_progressed
            )
        except Unauthorized as error:
            self._record_contact(error)  # asks for another token; nothing more is to be said
            return False
        else:
            self._record_contact(None)
            if refreshed.skipped:
                self._post(Notice(records_skipped(refreshed.skipped), is_problem=True))
            if refreshed.not_stored:
                raise refreshed.not_stored
            return True
        finally:
            self._is_refreshing_list = False
            self._post(ListProgressed(None))
            self._post(DownloadsChanged())
            self.follow_closely()

    async def refresh(self, ids: Iterable[str]) -> None:
        """Fetch these downloads."""
        await asyncio.gather(*(self._refresh(download_id) for download_id in ids))

    async def _refresh(self, download_id: str) -> None:
        await self._fetch(download_id)
        self._post(DownloadsChanged((download_id,)))

    async def fetch_details(self, download_id: str) -> None:
        """Fetch one download, with what the store does not keep; then the sizes of its files, while they are shown."""
        self._shown_id = download_id
        details = await self._fetch(download_id)
        if details is not None:
            self._post(DetailsFetched(details))
            await self._fetch_sizes(details)
        self._post(DownloadsChanged((download_id,)))

    async def _fetch_sizes(self, details: DownloadDetails) -> None:
        if not details.files or details.download.id != self._shown_id:
            return
        from dfui.operations.file_sizes import FileSizes

        if self._sizes is None:
            self._sizes = FileSizes(self._access.results_transport)
        with contextlib.suppress(Halted):
            files = await self._sizes.of(details.files, is_active=details.download.is_active)
            self._post(DetailsFetched(replace(details, files=tuple(files))))

    def leave_details(self) -> None:
        """Ask for nothing more of the download whose details were open."""
        self._shown_id = None
        if self._sizes is not None:
            self._sizes.close()
            self._sizes = None

    async def _fetch(self, download_id: str) -> DownloadDetails | None:
        try:
            details = await self._refresher.refresh(download_id)
        except DatafinitiError as error:
            self._record_contact(error)
            if not isinstance(error, NotFound):
                self._post(RefreshFailed(download_id, error_sentences(error)))
            return None
        self._record_contact(None)
        return details

    # ── following ────────────────────────────────────────────────────────────────────────────────────────────────

    def follow(self, guard: Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]]) -> None:
        """Follow the active downloads until `close`; `guard` reports what ends that."""
        if self._following is None or self._following.done():
            self._following = asyncio.create_task(guard(self._poll(self._active)))

    def look_again(self, guard: Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]]) -> None:
        """Look again at what was cancelled, until `close`; `guard` reports what ends that."""
        if self._looking_again is None or self._looking_again.done():
            self._looking_again = asyncio.create_task(guard(self._poll(self._follow_ups)))

    def follow_closely(self) -> None:
        """Look at the active downloads often again: something may have changed them, or been cancelled."""
        self._active.wake()
        self._follow_ups.wake()

    async def close(self) -> None:
        """End following, and the connections."""
        for task in (self._following, self._looking_again):
            if task is not None:
                task.cancel()
        self.client.use_token(None)
        await self.client.close()

    async def _poll(self, poller: Poller) -> None:
        async for look in poller.looks():
            self._record_contact(look.error)
            self._post(DownloadsChanged((look.download_id,)))

    def _list_progressed(self, progress: ListProgress) -> None:
        self._post(ListProgressed(progress))
