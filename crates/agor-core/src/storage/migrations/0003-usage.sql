-- What agents used and how long they worked, by day and session. A session's rows outlive it.
CREATE TABLE usage (
    -- Days since 1970-01-01 in the host's time zone.
    day INTEGER NOT NULL,
    session BLOB NOT NULL,
    name TEXT NOT NULL,
    project TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    turns INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    -- Millionths of a US dollar, if a price is known; whether some of it is an estimate.
    cost_micros INTEGER,
    estimated INTEGER NOT NULL,
    working_millis INTEGER NOT NULL,
    waited_millis INTEGER NOT NULL,
    PRIMARY KEY (day, session)
) STRICT, WITHOUT ROWID;
