-- The keys of the customers' personal data, wrapped by the master key. In a schema of its own, so that it can have backups,
-- rights and a life of its own: what is destroyed here must not come back from a backup of the orders.
CREATE TABLE IF NOT EXISTS customer_key (
  customer_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  wrapped_key  VARBINARY(128) NULL COMMENT 'NULL once destroyed',
  created_at   DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  destroyed_at DATETIME(3) NULL,
  state        TINYINT UNSIGNED NOT NULL DEFAULT 1 COMMENT '1 made, 2 destroyed',
  copied       TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'The state that every region has a copy of; 0 none',
  to_copy      BOOLEAN AS (copied < state) STORED,
  PRIMARY KEY (customer_id),
  KEY customer_key_to_copy (to_copy)
) ENGINE = InnoDB COMMENT = 'Wrapped keys of personal data';
