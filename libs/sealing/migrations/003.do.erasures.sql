-- Where an erasure is done: by region, for good. And whether a region's store answers, so that a pending erasure can say why.

-- One row for each region that has acknowledged that a key is destroyed. Written in the transaction that takes the key out of
-- key_to_copy, so an erasure is always either in line or done.
CREATE TABLE IF NOT EXISTS key_erased (
  customer_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  region      VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  erased_at   DATETIME(3) NOT NULL COMMENT 'destroyed_at of the key that this is about',
  done_at     DATETIME(3) NOT NULL COMMENT 'When the acknowledgement of the region was recorded',
  PRIMARY KEY (customer_id, region)
) ENGINE = InnoDB COMMENT = 'Regions that have destroyed their copies of keys';

ALTER TABLE key_region
  ADD COLUMN failed_at DATETIME(3) NULL COMMENT 'When the region last could not be reached or took no key at all';

-- Erasures are listed newest first. Built while commands go on.
ALTER TABLE customer_key
  ADD INDEX customer_key_destroyed (destroyed_at, customer_id),
  ALGORITHM = INPLACE, LOCK = NONE;
