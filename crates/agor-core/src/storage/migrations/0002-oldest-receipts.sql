-- Which receipts are the oldest, over all clients.
CREATE INDEX receipts_by_time ON receipts (at_millis);

-- When a client's receipts were forgotten last.
ALTER TABLE forgotten ADD COLUMN at_millis INTEGER NOT NULL DEFAULT 0;
CREATE INDEX forgotten_by_time ON forgotten (at_millis);
