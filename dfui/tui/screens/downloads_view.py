"""What the downloads screen shows: the title, the table, the filter, the line about one download, the keys."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from dfui.core.downloads import Download
from dfui.store.download_query import SortBy
from dfui.tui.cancellations import CancellationsUnderWay
from dfui.tui.connection_state import ConnectionState
from dfui.tui.keyboard import shown_key
from dfui.tui.messages import ConnectionChanged, DownloadsChanged, ListProgressed
from dfui.tui.session import Session
from dfui.tui.terminal_io import TitleChanged
from dfui.tui.textual_private import BackgroundScreen, FirstPicture
from dfui.tui.widgets.downloads_table import DownloadsTable
from dfui.tui.widgets.filter_bar import FilterBar
from dfui.tui.widgets.key_bar import KeyBar
from dfui.tui.widgets.title_bar import TitleBar
from dfui.wording.downloads import download_summary, empty_state, window_title


class DownloadsView(BackgroundScreen[None]):
    """Shows what the store knows, filtered, sorted and marked as one likes."""

    AUTO_FOCUS = "#downloads"

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._under_way = CancellationsUnderWay()
        self._wanted: str | None = None
        """A download that was added and is gone to once it is listed."""

    def compose(self) -> ComposeResult:
        """The parts, from top to bottom."""
        access = self._session.access
        address = access.settings.address
        yield TitleBar(
            whose="demo" if access.is_simulated else access.settings.profile,
            is_simulated=access.is_simulated,
            host=None if address.is_datafiniti else address.host,
            clock=self._session.clock,
        )
        yield DownloadsTable(
            self._session.shown_store.downloads,
            clock=self._session.clock,
            is_low_bandwidth=access.settings.config.low_bandwidth,
            id="downloads",
        )
        yield Static(id="empty", markup=False)
        yield FilterBar(id="filter")
        yield Static(id="about", markup=False)
        yield KeyBar(at_right=("help", "quit"))

    def on_mount(self) -> None:
        """Show what the store knows, at once and whole; the network comes after the first picture."""
        self.watch(self._title, "counts", self._title_window)
        self.watch(self._title, "cancelling", self._title_window)
        has_more = self._table.show_first()
        self._count()

        def begin() -> None:
            self._session.start(self.app.post_message)
            if has_more:
                self._table.reload()

        FirstPicture(self, sent=begin)
        if problem := self._session.shown_store.problem:
            self.notify(problem, severity="warning", timeout=30, markup=False)

    def _shown_key(self, action: str) -> str:
        """The key of an action, as it is shown."""
        return shown_key(action, self._session.access.settings)

    @property
    def _table(self) -> DownloadsTable:
        return self.query_one(DownloadsTable)

    @property
    def _title(self) -> TitleBar:
        return self.query_one(TitleBar)

    # ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

    @on(DownloadsChanged)
    def _downloads_changed(self, message: DownloadsChanged) -> None:
        if message.ids is None:
            self._table.reload()
        else:
            for download_id in message.ids:
                self._table.refresh_download(download_id)
            self._count()

    @on(ConnectionChanged)
    def _connection_changed(self, message: ConnectionChanged) -> None:
        self._title.connection, self._title.since = message.state, message.since
        self._show_empty()

    @on(ListProgressed)
    def _list_progressed(self, message: ListProgressed) -> None:
        self._title.progress = message.progress

    # ── the filter and the order ─────────────────────────────────────────────────────────────────────────────────

    def action_filter(self) -> None:
        """Type what to show."""
        self.query_one(FilterBar).open()

    def action_show_all(self) -> None:
        """Clear the filter."""
        self.query_one(FilterBar).action_clear()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Clear the filter only while one is on; the key is shown with the others then."""
        return action != "show_all" or bool(self._table.download_query.filter)

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self._table.download_query = self._table.download_query._replace(filter=message.search.strip())
        self.refresh_bindings()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.set_focus(self._table)

    @on(DownloadsTable.HeadingClicked)
    def _heading_clicked(self, message: DownloadsTable.HeadingClicked) -> None:
        self._sort_by(message.sort_by)

    def _sort_by(self, sort_by: SortBy | None) -> None:
        if sort_by is not None:
            now = self._table.download_query
            is_again = sort_by is now.sort_by and sort_by is not SortBy.ACTIVITY
            is_reversed = is_again and not now.is_reversed
            self._table.download_query = now._replace(sort_by=sort_by, is_reversed=is_reversed)

    # ── marks ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def action_mark(self) -> None:
        """Mark or unmark the current download, and go on to the next."""
        await self._table.caught_up()
        self._table.toggle_mark()
        self._count_marks()

    async def action_mark_active(self) -> None:
        """Mark every active download that the filter shows."""
        await self._table.caught_up()
        if not await self._table.mark_active():
            self.notify("No active downloads shown.", markup=False)
        self._count_marks()

    def action_unmark(self) -> None:
        """Clear all marks."""
        self._table.unmark()
        self._count_marks()

    def _chosen(self) -> tuple[str, ...]:
        """The marked downloads, or the one under the cursor."""
        download = self._table.current
        return tuple(self._table.marked) or ((download.id,) if download else ())

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _go_to(self, download_id: str) -> None:
        """Move the cursor to a download, at once or when it is listed."""
        self._wanted = download_id
        self._reach_wanted()

    @on(DownloadsTable.Listed)
    def _reach_wanted(self) -> None:
        if self._wanted is None:
            return
        if self._table.go_to(self._wanted):
            self._wanted = None
        elif self._table.download_query.filter and self._session.shown_store.downloads.get(self._wanted):
            self.action_show_all()  # the filter hides it

    @property
    def _is_signed_out(self) -> bool:
        """Whether there is no token, or none that works."""
        return self._session.access.token is None or self._title.connection is ConnectionState.SIGNED_OUT

    def _show_empty(self) -> None:
        """What to do while no download is known; what is not seen is not laid out anew."""
        if not self.query_one("#empty").display:
            return
        is_signed_out = self._title.connection is ConnectionState.SIGNED_OUT
        keys = {"add": self._shown_key("add"), "refresh": self._shown_key("refresh")}
        self.query_one("#empty", Static).update("\n".join(empty_state(**keys, is_signed_out=is_signed_out)))

    def _title_window(self) -> None:
        (ended, begun), (active, _) = self._title.cancelling, self._title.counts
        self.post_message(TitleChanged(window_title(active, ended, begun)))

    def _count_marks(self) -> None:
        self._title.marked = len(self._table.marked)

    @on(DownloadsTable.Listed)
    def _count(self) -> None:
        active, known = self._session.shown_store.downloads.counts()
        self._table.display = known > 0
        self.query_one("#empty").display = known == 0
        self._show_empty()
        self._title.counts = (active, known)
        self._count_marks()
        if self._table.download_query.filter:
            self.query_one(FilterBar).show_matches(f"{len(self._table):,} of {known:,}")

    @on(DownloadsTable.CursorMoved)
    def _cursor_moved(self, message: DownloadsTable.CursorMoved) -> None:
        self._show_about(message.download)

    def _show_about(self, download: Download | None) -> None:
        about = ""
        if download is not None:
            summary = download_summary(download, id_width=self._table.id_width)
            about = self._under_way.step(download.id) or summary
        self.query_one("#about", Static).update(about, layout=False)
