"""The schema of the file. Every count is kept, so that nothing is counted by a scan.

Tasks and exchanges are counted by ``tasks`` and ``journal``, once for all that come in a turn or go in an eviction: a
trigger for each of them would cost as much as it does. Triggers count documents, and forget what has become empty.

Of what is forgotten, the owner goes first: from then on its tasks are in no list and cannot be found.
"""

from __future__ import annotations

APPLICATION_ID = 0x6D6F636B
"""The word ``mock``: by this number in its header a SQLite file is one of ours."""

VERSION = 1
"""A later version of this schema gets the next number, and ``file`` a step from each version to the next."""

BLOCK = 512
"""Positions in a block of a list. To find a page, blocks are skipped, and then tasks of one block."""

NEVER = 2**62
"""When a task ends of which nobody knows."""

LIVE = "JOIN owners ON owners.id = tasks.owner"
"""What leaves out the tasks that were forgotten and are still to go."""

SCHEMA = """
CREATE TABLE totals (
    tasks INTEGER NOT NULL,
    task_bytes INTEGER NOT NULL,
    task_changes INTEGER NOT NULL,
    evicted INTEGER NOT NULL,
    exchanges INTEGER NOT NULL,
    exchanges_kept INTEGER NOT NULL,
    exchange_bytes INTEGER NOT NULL,
    last_exchange INTEGER NOT NULL,
    clearings INTEGER NOT NULL,
    keeps_cleared INTEGER NOT NULL,
    shared_changes INTEGER NOT NULL,
    boot TEXT NOT NULL,
    base INTEGER NOT NULL,
    latest INTEGER NOT NULL
);
INSERT INTO totals VALUES (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, 0);

CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    account TEXT NOT NULL,
    UNIQUE (account, service)
);
CREATE TABLE forgotten (owner INTEGER PRIMARY KEY);
CREATE TABLE lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL,
    operation TEXT NOT NULL,
    UNIQUE (owner, operation)
);
CREATE TABLE blocks (
    line INTEGER NOT NULL,
    block INTEGER NOT NULL,
    tasks INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (line, block)
) WITHOUT ROWID;
CREATE TABLE tasks (
    sequence INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    owner INTEGER NOT NULL,
    line INTEGER NOT NULL,
    position INTEGER NOT NULL,
    model TEXT NOT NULL,
    external TEXT,
    ends INTEGER NOT NULL,
    slots INTEGER NOT NULL,
    looks INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    record BLOB NOT NULL
);
CREATE INDEX tasks_by_id ON tasks (service, id);
CREATE UNIQUE INDEX tasks_by_external ON tasks (owner, external) WHERE external IS NOT NULL;
CREATE INDEX tasks_by_line ON tasks (line, position);
CREATE INDEX tasks_in_flight ON tasks (owner, ends, model, slots) WHERE ends > 0;

CREATE TRIGGER block_emptied AFTER UPDATE OF tasks ON blocks WHEN NEW.tasks = 0 BEGIN
    DELETE FROM blocks WHERE line = NEW.line AND block = NEW.block;
    DELETE FROM lines WHERE id = NEW.line AND NOT EXISTS (SELECT 1 FROM blocks WHERE line = NEW.line);
END;
CREATE TRIGGER line_emptied AFTER DELETE ON lines BEGIN
    DELETE FROM owners WHERE id = OLD.owner AND NOT EXISTS (SELECT 1 FROM lines WHERE owner = OLD.owner);
END;
CREATE TRIGGER owner_forgotten AFTER DELETE ON owners WHEN EXISTS (SELECT 1 FROM lines WHERE owner = OLD.id) BEGIN
    DELETE FROM blocks WHERE line IN (SELECT id FROM lines WHERE owner = OLD.id);
    DELETE FROM lines WHERE owner = OLD.id;
    INSERT INTO forgotten VALUES (OLD.id);
END;

CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    account TEXT,
    bytes INTEGER NOT NULL,
    kept INTEGER,
    entry BLOB NOT NULL
);
CREATE INDEX journal_by_account ON journal (substr(account, -8)) WHERE account IS NOT NULL;
CREATE INDEX journal_kept ON journal (kept, number) WHERE kept IS NOT NULL;

CREATE TABLE kinds (
    kind TEXT PRIMARY KEY,
    documents INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE documents (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    account TEXT,
    bytes INTEGER NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE INDEX documents_in_order ON documents (kind, sequence);
CREATE INDEX documents_by_account ON documents (kind, account) WHERE account IS NOT NULL;
CREATE TRIGGER document_added AFTER INSERT ON documents BEGIN
    INSERT INTO kinds VALUES (NEW.kind, 1, NEW.bytes)
        ON CONFLICT DO UPDATE SET documents = documents + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER document_changed AFTER UPDATE ON documents WHEN NEW.bytes != OLD.bytes BEGIN
    UPDATE kinds SET bytes = bytes + NEW.bytes - OLD.bytes WHERE kind = NEW.kind;
END;
CREATE TRIGGER document_gone AFTER DELETE ON documents BEGIN
    UPDATE kinds SET documents = documents - 1, bytes = bytes - OLD.bytes WHERE kind = OLD.kind;
END;

CREATE TABLE workers (id INTEGER PRIMARY KEY AUTOINCREMENT, beat INTEGER NOT NULL);
CREATE TABLE schedule (
    place INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    due INTEGER NOT NULL,
    worker INTEGER
);
CREATE INDEX schedule_by_worker ON schedule (worker, due, place);

CREATE TABLE numbers (name TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
""".replace(":block", str(BLOCK))
