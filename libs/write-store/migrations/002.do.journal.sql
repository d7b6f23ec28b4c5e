-- Every fact ever recorded, in commit order; kept for good, never updated. It is also the outbox: a relay reads its shards
-- from where it got to. Not partitioned and without foreign keys on purpose: it is only appended to and read by position.
CREATE TABLE IF NOT EXISTS journal (
  position          BIGINT UNSIGNED NOT NULL COMMENT 'Drawn from journal_head: commit order, without gaps',
  event_id          BINARY(16) NOT NULL COMMENT 'UUID, version 7',
  shard             TINYINT UNSIGNED NOT NULL COMMENT 'crc32(aggregate_id) % 12: the Kafka partition',
  aggregate_type    VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  aggregate_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  aggregate_version BIGINT UNSIGNED NOT NULL COMMENT '1, 2, 3 ... per aggregate',
  type              VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'Short name, as OrderPlaced',
  payload           MEDIUMBLOB NOT NULL COMMENT 'The event''s protobuf message',
  recorded_at       DATETIME(3) NOT NULL COMMENT 'UTC, by the clock of this server',
  actor             VARCHAR(128) NOT NULL COMMENT 'Who asked for it; no personal data',
  traceparent       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'W3C trace context; empty: not traced',
  PRIMARY KEY (position),
  UNIQUE KEY journal_event (event_id),
  -- Two writers that both decided on the same version of an aggregate: the second fails here.
  UNIQUE KEY journal_aggregate (aggregate_type, aggregate_id, aggregate_version),
  KEY journal_shard (shard, position)
) ENGINE = InnoDB COMMENT = 'All events in commit order';

-- The highest position drawn. Its row lock is the last that a transaction takes and is held until COMMIT: that is what makes
-- positions appear in order. After a restore, raise it above the highest position that Kafka holds before anything writes.
CREATE TABLE IF NOT EXISTS journal_head (
  id       TINYINT UNSIGNED NOT NULL,
  position BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT journal_has_one_head CHECK (id = 1)
) ENGINE = InnoDB COMMENT = 'One row: the position of the newest event';

INSERT IGNORE INTO journal_head (id, position) VALUES (1, 0);

-- One row for every accepted command, so that the same request is answered the same again. A row without first_position is a
-- claim of a transaction that is still open; none is ever committed so.
CREATE TABLE IF NOT EXISTS command_log (
  request_id        BINARY(16) NOT NULL COMMENT 'UUID made by the caller, once a command',
  fingerprint       BINARY(32) NOT NULL COMMENT 'Keyed hash of the content: tells a repeat from a reuse',
  command           VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  aggregate_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  aggregate_version BIGINT UNSIGNED NOT NULL DEFAULT 0,
  first_position    BIGINT UNSIGNED NULL COMMENT 'Of its events, which follow each other in the journal',
  event_count       SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  answer            BLOB NULL COMMENT 'What else the caller was told; no personal data unsealed',
  accepted_at       DATETIME(3) NOT NULL,
  PRIMARY KEY (request_id),
  -- For the purge of what is older than 7 days.
  KEY command_log_by_age (accepted_at)
) ENGINE = InnoDB COMMENT = 'Accepted commands of the last 7 days';
