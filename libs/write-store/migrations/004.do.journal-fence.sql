-- Positions that were given up: after a restore or a lossy failover Kafka held events at them that this database had lost, so
-- the head was raised above them and none is drawn twice. The only gaps that a whole journal may have.
CREATE TABLE IF NOT EXISTS journal_fence (
  first_position BIGINT UNSIGNED NOT NULL,
  last_position  BIGINT UNSIGNED NOT NULL,
  fenced_at      DATETIME(3) NOT NULL COMMENT 'UTC, by the clock of this server',
  reason         VARCHAR(500) NOT NULL COMMENT 'In the operator''s words',
  PRIMARY KEY (first_position),
  CONSTRAINT fence_is_a_range CHECK (first_position <= last_position)
) ENGINE = InnoDB COMMENT = 'Positions that hold no event and never will';
