"""The tables of the database, and how an older one is brought forward."""

from __future__ import annotations

import sqlite3

from dfui.core.errors import NewerSchema

_SCHEMA_1 = """
CREATE TABLE accounts (
    account INTEGER PRIMARY KEY,
    profile TEXT NOT NULL,
    origin TEXT NOT NULL,
    UNIQUE (profile, origin)
);
CREATE TABLE downloads (
    key INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    id TEXT NOT NULL,
    api_status TEXT,
    is_active INTEGER NOT NULL,
    is_missing INTEGER NOT NULL DEFAULT 0,
    is_forgotten INTEGER NOT NULL DEFAULT 0,
    data_type TEXT,
    query TEXT,
    format TEXT,
    num_records INTEGER,
    num_downloaded INTEGER,
    total_cost INTEGER,
    started_at REAL,
    updated_at REAL,
    seen_at REAL,
    observed REAL NOT NULL DEFAULT -1,
    UNIQUE (account, id)
);
CREATE INDEX downloads_in_order ON downloads (account, is_forgotten, is_active DESC, started_at DESC, key DESC);
CREATE TABLE journal (
    entry INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    download_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    confirmed_at REAL NOT NULL,
    deletes_sent INTEGER NOT NULL DEFAULT 0,
    http_status INTEGER,
    api_message TEXT,
    outcome TEXT,
    verified INTEGER,
    status TEXT,
    retained_records INTEGER,
    credits_deducted INTEGER,
    ended_at REAL
);
CREATE INDEX journal_open ON journal (account, ended_at) WHERE ended_at IS NULL;
CREATE INDEX journal_of_download ON journal (account, download_id);
"""
_SCHEMA_2 = """
ALTER TABLE journal ADD COLUMN cancelled_seen_at REAL;
ALTER TABLE journal ADD COLUMN cancelled_observed REAL;
ALTER TABLE journal ADD COLUMN steady_records INTEGER;
ALTER TABLE journal ADD COLUMN relapsed_at REAL;
ALTER TABLE journal ADD COLUMN is_relapse_read INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal ADD COLUMN closed_at REAL;
CREATE INDEX journal_watched ON journal (account, ended_at) WHERE closed_at IS NULL;
CREATE INDEX journal_relapsed ON journal (account, download_id) WHERE relapsed_at IS NOT NULL;
UPDATE journal SET cancelled_seen_at = ended_at WHERE outcome = 'cancelled';
"""
_SCHEMA_3 = """
ALTER TABLE downloads ADD COLUMN answered REAL NOT NULL DEFAULT -1;
"""
_MIGRATIONS = [_SCHEMA_1, _SCHEMA_2, _SCHEMA_3]
"""The statements that lead from each version to the next one."""
_UNSETTLE = "UPDATE journal SET credits_deducted = NULL WHERE credits_deducted = 0 AND retained_records IS NOT 0"
"""Before version 2, a 0 beside records was written down, which only meant that the API had not settled the cost."""
SCHEMA_VERSION = len(_MIGRATIONS)


def schema_version(connection: sqlite3.Connection) -> int:
    """The version of the database's schema; 0 is an empty one.

    Raises:
        NewerSchema: this dfui does not know it, and must leave it alone.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise NewerSchema(f"it was written by a newer dfui (schema {version}; this one knows {SCHEMA_VERSION})")
    return version


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the schema forward, one version at a time; gives how many costs in the journal became unknown by that."""
    if schema_version(connection) == SCHEMA_VERSION:
        return 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another dfui may have done it while this one waited.
        for step in range(schema_version(connection), SCHEMA_VERSION):
            for statement in filter(str.strip, _MIGRATIONS[step].split(";")):
                connection.execute(statement)
        costs_unsettled = connection.execute(_UNSETTLE).rowcount
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return costs_unsettled
