-- Who publishes which shard, and how far it got. A take-over raises the epoch; an owner moves the position under its own
-- epoch only, so one that slept through its lease changes nothing. Lease times are by this server's clock.
CREATE TABLE IF NOT EXISTS relay_shard (
  shard       TINYINT UNSIGNED NOT NULL,
  owner       VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'Empty: released',
  epoch       BIGINT UNSIGNED NOT NULL DEFAULT 0,
  lease_until DATETIME(3) NOT NULL DEFAULT '1970-01-01 00:00:00',
  position    BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'All events of the shard up to here are in Kafka',
  PRIMARY KEY (shard)
) ENGINE = InnoDB COMMENT = 'Leases and cursors of the relay';

INSERT IGNORE INTO relay_shard (shard)
VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11);

-- Replicas that are alive, so that each takes its fair share of the shards and no more.
CREATE TABLE IF NOT EXISTS relay_replica (
  replica     VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  alive_until DATETIME(3) NOT NULL,
  PRIMARY KEY (replica)
) ENGINE = InnoDB COMMENT = 'Relays that are alive';
