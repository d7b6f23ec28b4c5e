-- The present state of every {{aggregate}}.
CREATE TABLE IF NOT EXISTS {{aggregate}} (
  {{idField}} VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY ({{idField}})
) ENGINE = InnoDB COMMENT = 'One row per {{aggregate}}';
