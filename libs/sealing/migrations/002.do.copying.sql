-- What each region's copies of the keys lack, and who looks after the keys. `copied` and `to_copy` of customer_key are what older
-- versions go by: the state of a key that was put into key_to_copy, and whether one was not.

-- The regions that get copies. A region that no replica names any more is forgotten after a day; one that comes anew is filled.
CREATE TABLE IF NOT EXISTS key_region (
  region     VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  added_at   DATETIME(3) NOT NULL,
  wanted_at  DATETIME(3) NOT NULL COMMENT 'When a replica last named it',
  fill_round TINYINT UNSIGNED NOT NULL DEFAULT 1 COMMENT '1 all keys, 2 those made while it was added, 0 filled',
  filled_to  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'The last customer of this round',
  PRIMARY KEY (region)
) ENGINE = InnoDB COMMENT = 'Regions that get copies of the keys';

-- One row for each key that a region has not acknowledged as it is now. Written in the transaction that changes the key.
CREATE TABLE IF NOT EXISTS key_to_copy (
  region      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  customer_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  changed_at  DATETIME(3) NOT NULL COMMENT 'When the key was made or destroyed; rises with each change of a key',
  due_at      DATETIME(3) NOT NULL COMMENT 'When to copy it next; later while somebody is at it, or after a failure',
  tries       TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'Failures since it was changed',
  PRIMARY KEY (region, customer_id),
  KEY key_to_copy_due (region, due_at)
) ENGINE = InnoDB COMMENT = 'Keys that a region does not have yet';

-- The work that one replica does for all, under a lease by this server's clock.
CREATE TABLE IF NOT EXISTS key_duty (
  duty          VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  owner         VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  lease_until   DATETIME(3) NOT NULL DEFAULT '1970-01-01 00:00:00',
  walked_to     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '' COMMENT 'The last key that was looked at',
  orders_schema VARCHAR(64) NOT NULL DEFAULT '' COMMENT 'Whose customers these keys are of: the first that asked',
  PRIMARY KEY (duty)
) ENGINE = InnoDB COMMENT = 'Who looks after the keys';

INSERT IGNORE INTO key_duty (duty) VALUES ('care');

-- Keys that no customer was found for, as older versions left them, and since when.
CREATE TABLE IF NOT EXISTS key_orphan (
  customer_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  found_at    DATETIME(3) NOT NULL,
  PRIMARY KEY (customer_id)
) ENGINE = InnoDB COMMENT = 'Keys without a customer';
