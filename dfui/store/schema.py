"""The tables of the database."""

from __future__ import annotations

import sqlite3

from dfui.core.errors import NewerSchema

_SCHEMA = """
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
    order_price INTEGER,
    files_expire_at REAL,
    started_at REAL,
    updated_at REAL,
    seen_at REAL,
    observed REAL NOT NULL DEFAULT -1,
    answered REAL NOT NULL DEFAULT -1,
    UNIQUE (account, id)
);
CREATE INDEX downloads_in_order ON downloads (account, is_forgotten, is_active DESC, started_at DESC, key DESC);
CREATE TABLE history (
    number INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts,
    download_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    confirmed_at REAL NOT NULL,
    deletes_sent INTEGER,
    http_status INTEGER,
    api_message TEXT,
    outcome TEXT,
    verified INTEGER,
    status TEXT,
    retained_records INTEGER,
    credits_deducted INTEGER,
    ended_at REAL,
    cancelled_seen_at REAL,
    cancelled_observed REAL,
    steady_records INTEGER,
    relapsed_at REAL,
    is_relapse_read INTEGER NOT NULL DEFAULT 0,
    closed_at REAL
);
CREATE INDEX history_open ON history (account, ended_at) WHERE ended_at IS NULL;
CREATE INDEX history_of_download ON history (account, download_id);
CREATE INDEX history_watched ON history (account, ended_at) WHERE closed_at IS NULL;
CREATE INDEX history_relapsed ON history (account, download_id) WHERE relapsed_at IS NOT NULL;
"""
SCHEMA_VERSION = 1


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
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
