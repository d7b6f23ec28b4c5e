-- Instances of command-service that are alive, whether they publish or not: what must not draw positions while the journal is
-- fenced. relay_replica says something else: who takes a share of the shards.
CREATE TABLE IF NOT EXISTS command_replica (
  replica     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  alive_until DATETIME(3) NOT NULL COMMENT 'By the clock of this server',
  PRIMARY KEY (replica)
) ENGINE = InnoDB COMMENT = 'Command-services that are alive';

-- Shards whose events Kafka has lost and has again in part: a relay that went on would leave a gap. Only publishing the journal
-- again takes them, and empties this when it has ended.
CREATE TABLE IF NOT EXISTS relay_refill (
  shard    TINYINT UNSIGNED NOT NULL,
  begun_at DATETIME(3) NOT NULL COMMENT 'UTC, by the clock of this server',
  PRIMARY KEY (shard)
) ENGINE = InnoDB COMMENT = 'Shards that are being published again to a Kafka that has lost them';
