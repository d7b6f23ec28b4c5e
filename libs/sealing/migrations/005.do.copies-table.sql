-- Which table a region's copies are in. A table that is made anew lacks every key, and is filled from all of them.
ALTER TABLE key_region
  ADD COLUMN table_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL
    COMMENT 'The id that Cassandra gave the table that is being or was filled; NULL until a replica has seen it';
