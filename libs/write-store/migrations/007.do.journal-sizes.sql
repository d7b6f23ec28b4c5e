-- How large each payload is, beside the shard's positions: a reader bounds what it asks for by bytes from the index alone, before it
-- reads a payload. Virtual and so added at once, whatever the journal's size; only the index is built, while commands go on.
ALTER TABLE journal
  ADD COLUMN payload_bytes INT UNSIGNED GENERATED ALWAYS AS (LENGTH(payload)) VIRTUAL INVISIBLE
    COMMENT 'For bounds: kept in journal_shard';

ALTER TABLE journal
  DROP INDEX journal_shard,
  ADD INDEX journal_shard (shard, position, payload_bytes),
  ALGORITHM = INPLACE, LOCK = NONE;

-- How long a lease is: so long is it waited for at most, wherever this server's clock has been set to since it was given.
ALTER TABLE relay_shard
  ADD COLUMN lease_ms INT UNSIGNED NOT NULL DEFAULT 0 COMMENT '0: given by a version that did not say';
