-- What windows keep of their own: layouts and the like, as JSON by name. Each change makes the
-- next revision.
CREATE TABLE documents (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    rev INTEGER NOT NULL,
    at_millis INTEGER NOT NULL
) STRICT;
