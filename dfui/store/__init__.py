"""Known downloads and the history of cancellations, kept in SQLite."""

from dfui.store.store import Store, open_store, read_store, temporary_store

__all__ = ["Store", "open_store", "read_store", "temporary_store"]
