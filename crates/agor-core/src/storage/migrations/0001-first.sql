-- One row: the life of the host.
CREATE TABLE host (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    incarnation INTEGER NOT NULL,
    next_conn_epoch INTEGER NOT NULL,
    -- Whether the last host closed the store itself.
    clean INTEGER NOT NULL,
    -- Whether sessions' folders may hold more than this database knows, since it was restored.
    recovering INTEGER NOT NULL
) STRICT;

-- What a session is, in MessagePack (SessionRow without its spec).
CREATE TABLE sessions (
    key INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    epoch INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

-- What a session was made from: apart, since it is large and hardly ever changes.
CREATE TABLE specs (
    session INTEGER PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    body BLOB NOT NULL
) STRICT;

-- How far a session's two records go: apart, since it changes with every commit.
CREATE TABLE heads (
    session INTEGER PRIMARY KEY REFERENCES sessions (key) ON DELETE CASCADE,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    first_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    at_millis INTEGER NOT NULL,
    record_offset INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (session, seq)
) STRICT, WITHOUT ROWID;

-- The newest part of a session's output record, until it is a segment file.
CREATE TABLE chunks (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    -- 0: as it is; 1: zstd.
    packing INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (session, start_offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE segments (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    file TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    PRIMARY KEY (session, start_offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    record_offset INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (session, record_offset)
) STRICT, WITHOUT ROWID;

-- Receipts outlive their session: a repeated command must get the same answer.
CREATE TABLE receipts (
    client BLOB NOT NULL,
    command BLOB NOT NULL,
    n INTEGER NOT NULL,
    digest BLOB NOT NULL,
    session BLOB,
    seq INTEGER NOT NULL,
    final INTEGER NOT NULL,
    at_millis INTEGER NOT NULL,
    outcome BLOB NOT NULL,
    PRIMARY KEY (client, command)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_by_number ON receipts (client, n);
CREATE INDEX receipts_unfinished ON receipts (client) WHERE final = 0;

-- The last command of a client whose receipt was forgotten.
CREATE TABLE forgotten (
    client BLOB PRIMARY KEY,
    n INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
