-- Commands that windows gave and have not heard the end of, by the client that gave them. Whether it
-- lives is told by who holds its lock file.
CREATE TABLE outbox (
    client BLOB NOT NULL,
    id BLOB NOT NULL,
    n INTEGER NOT NULL,
    given_micros INTEGER NOT NULL,
    stage INTEGER NOT NULL,
    command BLOB NOT NULL,
    PRIMARY KEY (client, id)
) STRICT, WITHOUT ROWID;
