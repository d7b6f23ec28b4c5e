-- Which journal this is, made once and kept for good: a restored copy is the same journal. Every event in Kafka carries the id, so
-- that readers tell the events of two systems apart.
CREATE TABLE IF NOT EXISTS journal_identity (
  id                TINYINT UNSIGNED NOT NULL,
  journal_id        CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'UUID',
  made_at           DATETIME(3) NOT NULL COMMENT 'UTC, by the clock of this server',
  known_position    BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'A position that was seen when the head was behind it: the head lost it',
  fingerprint_check BINARY(32) NULL COMMENT 'Derived from MERIDIAN_FINGERPRINT_KEY; NULL until a replica has told it',
  master_key_check  BINARY(32) NULL COMMENT 'Derived from MERIDIAN_MASTER_KEY; NULL until a replica has told it',
  PRIMARY KEY (id),
  CONSTRAINT journal_has_one_identity CHECK (id = 1)
) ENGINE = InnoDB COMMENT = 'One row: the id of this journal, and what its keys are told by';

INSERT IGNORE INTO journal_identity (id, journal_id, made_at) VALUES (1, UUID(), UTC_TIMESTAMP(3));
