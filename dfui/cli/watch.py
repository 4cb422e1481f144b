"""`dfui watch`: follows downloads until they end, one line for each change, and rings the bell."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dfui.cli.arguments import Commands, add_ids
from dfui.cli.choose import ids_of
from dfui.cli.console import Console, ExitCode
from dfui.cli.context import Context, run_command
from dfui.cli.documents import download_json
from dfui.core.downloads import Download
from dfui.core.errors import NotFound
from dfui.core.text import sanitize
from dfui.wording.downloads import records_so_far, status_glyph, status_word
from dfui.wording.errors import error_sentences
from dfui.wording.figures import counted

if TYPE_CHECKING:
    from dfui.api.client import DatafinitiClient
    from dfui.operations.poll import Look


def add_command(commands: Commands) -> None:
    add_ids(
        commands.add(
            "watch",
            run,
            "Follow downloads until they end, one line for each change",
            (("dfui watch 847070", "until it ends, then ring the bell"),),
        )
    )


def run(options: argparse.Namespace, console: Console) -> int:
    ids = ids_of(options)
    if not ids:
        console.result([], ["Nothing to watch."])
        return ExitCode.DONE
    return run_command(lambda context, _: _watch(context, ids), options, console)


async def _watch(context: Context, ids: list[str]) -> int:
    async with context.online() as client:
        await context.resolve(client)
        exit_code = await Watching(context, client).run(ids)
        await context.look_again(client)
    rows = [context.store.downloads.get(download_id) for download_id in ids]
    if context.console.as_json:
        context.console.result([download_json(row) for row in rows if row], [])
    return exit_code


class Watching:
    """Shows each change: as a line, or by `changed` drawing it; what is `known` is shown already."""

    def __init__(
        self,
        context: Context,
        client: DatafinitiClient,
        *,
        changed: Callable[[], None] | None = None,
        known: Sequence[Download] = (),
    ) -> None:
        self._context = context
        self._client = client
        self._changed = changed
        self._known = {download.id: download.without_times() for download in known}

    async def run(self, ids: Sequence[str]) -> int:
        """Follow until each has ended; gives the exit code."""
        from dfui.operations.poll import watch

        exit_code = ExitCode.DONE
        async for look in watch(ids, client=self._client, store=self._context.store, clock=self._context.clock):
            self._show(look)
            self._context.report_relapses()
            if isinstance(look.error, NotFound):
                exit_code = ExitCode.FAILED
            if look.is_last:
                self._ring()
        return ExitCode.NOT_KNOWN if self._context.relapsed & set(ids) else exit_code

    def _show(self, look: Look) -> None:
        console = self._context.console
        if look.error is not None:
            again = "" if look.is_last else " Trying again."
            console.warn(f"{look.download_id}: {error_sentences(look.error)}{again}")
        elif self._changed is not None:
            self._changed()
        elif look.download is not None and look.download.without_times() != self._known.get(look.download_id):
            console.line(_change_line(look.download, now=self._context.clock.now()))

    def _ring(self) -> None:
        if self._context.settings.config.bell and self._context.console.shows_progress:
            sys.stderr.write("\a")
            sys.stderr.flush()


def _change_line(download: Download, *, now: datetime) -> str:
    """What a look at a followed download showed, in a line."""
    parts = [
        f"{now.astimezone():%H:%M:%S}  {sanitize(download.id)}",
        f"{status_glyph(download)} {status_word(download)}",
    ]
    if download.num_downloaded is not None and download.status.is_final:
        parts.append(f"{counted(download.num_downloaded, 'record')} kept")
    elif download.num_downloaded is not None:
        parts.append(records_so_far(download))
    return " · ".join(parts)
