"""The account that downloads and history entries belong to: a profile at an API origin."""

from __future__ import annotations

from dfui.store.connections import Connection
from dfui.store.database import Database

NO_ACCOUNT = 0
"""The key that no row has."""
_FIND = "SELECT account FROM accounts WHERE profile = ? AND origin = ?"


class Account:
    """A profile at an API origin. It is made with the first write, so that opening the database writes nothing."""

    def __init__(self, database: Database, profile: str, origin: str) -> None:
        self._database = database
        self._name = (profile, origin)
        self._key = NO_ACCOUNT

    @property
    def key(self) -> int:
        """What its rows have in their column `account`.

        Raises:
            StoreError: the database cannot be read.
        """
        if self._key == NO_ACCOUNT:
            found = self._database.read(_FIND, *self._name, row=lambda row: int(row[0]))
            self._key = found[0] if found else NO_ACCOUNT
        return self._key

    def made(self, connection: Connection) -> int:
        """The key, to write with."""
        if self._key == NO_ACCOUNT:
            connection.execute("INSERT OR IGNORE INTO accounts (profile, origin) VALUES (?, ?)", self._name)
            return int(connection.execute(_FIND, self._name).fetchone()[0])
        return self._key
