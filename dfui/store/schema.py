"""The tables of the database."""

from __future__ import annotations

import sqlite3

from dfui.core.errors import NewerSchema
from dfui.store.rows import DOWNLOADS, ENTRIES, checksum

SCHEMA_VERSION = 1
_SCHEMA = f"""
CREATE TABLE downloads (
    key INTEGER PRIMARY KEY,
    scope INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    is_hidden INTEGER NOT NULL DEFAULT 0,
    observed REAL NOT NULL DEFAULT -1,
    answered REAL NOT NULL DEFAULT -1,
    {DOWNLOADS.declarations()},
    checksum INTEGER,
    UNIQUE (scope, id)
);
CREATE INDEX downloads_in_order ON downloads (scope, is_hidden, is_active DESC, started_at DESC, key DESC);
CREATE TABLE history (
    {ENTRIES.declarations(key="number")},
    scope INTEGER NOT NULL,
    owner TEXT NOT NULL,
    cancelled_observed REAL,
    is_relapse_read INTEGER NOT NULL DEFAULT 0,
    checksum INTEGER
);
CREATE INDEX history_open ON history (scope, ended_at) WHERE ended_at IS NULL;
CREATE INDEX history_of_download ON history (scope, download_id);
CREATE INDEX history_watched ON history (scope, ended_at) WHERE closed_at IS NULL;
CREATE INDEX history_relapsed ON history (scope, download_id) WHERE relapsed_at IS NOT NULL
"""
_SEAL = """
CREATE TEMP TRIGGER {table}_{event} AFTER {when} ON main.{table}
    WHEN new.checksum IS NOT checksum({new})
    BEGIN UPDATE {table} SET checksum = checksum({new}) WHERE rowid = new.rowid; END
"""


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of the database's schema; 0 is an empty one.

    Raises:
        NewerSchema: this dfui does not know it, and must leave it alone.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise NewerSchema(f"it was written by a newer dfui (schema {version}; this one knows {SCHEMA_VERSION})")
    return version


def create_schema(connection: sqlite3.Connection) -> None:
    """Create the tables in an empty database."""
    if schema_version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if schema_version(connection) < SCHEMA_VERSION:  # another dfui may have done it while this one waited
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def seal_rows(connection: sqlite3.Connection) -> None:
    """Have each row that this connection writes get its checksum."""
    connection.create_function("checksum", -1, checksum, deterministic=True)
    for table, rows in (("downloads", DOWNLOADS), ("history", ENTRIES)):
        new = ", ".join(f"new.{name}" for name in rows.sealed)
        for event, when in (("added", "INSERT"), ("changed", f"UPDATE OF {', '.join(rows.sealed)}")):
            connection.execute(_SEAL.format(table=table, event=event, when=when, new=new))
