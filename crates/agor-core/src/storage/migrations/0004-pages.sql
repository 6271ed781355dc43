-- Rows that left a session's terminal, so many to a page. What is asked for most comes first, since
-- what is behind it is then not read from the disk.
CREATE TABLE pages (
    session INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    -- Where it begins: a logical line, and the column of it.
    begin_line INTEGER NOT NULL,
    begin_column INTEGER NOT NULL,
    -- Its lowest and highest logical line.
    lowest_line INTEGER NOT NULL,
    highest_line INTEGER NOT NULL,
    -- The width at which it is wrapped, and its rows at that width.
    cols INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    crc INTEGER NOT NULL,
    -- The cells of each logical line, two bytes each.
    cells BLOB NOT NULL,
    -- Which texts may be in it.
    filter BLOB NOT NULL,
    -- The page, zstd.
    body BLOB NOT NULL,
    PRIMARY KEY (session, number)
) STRICT, WITHOUT ROWID;
