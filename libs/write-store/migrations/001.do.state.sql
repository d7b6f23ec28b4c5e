-- The present state of every aggregate, as a normal relational schema. Each row carries the aggregate's version; the events
-- behind it are in `journal`. Ids are ASCII and compared byte by byte; all times are UTC; money is integer minor units.
-- Rows are locked in this order of tables and, in each, by primary key: command_log, customer, product, stock, orders,
-- stock_receipt, journal_head. Whoever writes here by hand keeps to it.

CREATE TABLE IF NOT EXISTS customer (
  customer_id    VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  -- Sealed under the customer's own key; unreadable once that key is destroyed. Empty: no such field.
  sealed_name    VARBINARY(2048) NOT NULL,
  sealed_email   VARBINARY(2048) NOT NULL,
  sealed_address VARBINARY(8192) NOT NULL,
  country        VARCHAR(60) NOT NULL,
  erased         BOOLEAN NOT NULL DEFAULT FALSE,
  registered_at  DATETIME(3) NOT NULL,
  version        BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (customer_id)
) ENGINE = InnoDB COMMENT = 'Customers; personal data sealed';

CREATE TABLE IF NOT EXISTS product (
  product_id     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name           VARCHAR(200) NOT NULL,
  price_currency CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'ISO 4217',
  price_minor    BIGINT NOT NULL COMMENT 'Price of one piece in minor units',
  discontinued   BOOLEAN NOT NULL DEFAULT FALSE,
  version        BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (product_id),
  CONSTRAINT product_price_not_negative CHECK (price_minor >= 0)
) ENGINE = InnoDB COMMENT = 'The catalogue';

CREATE TABLE IF NOT EXISTS stock (
  product_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  on_hand    BIGINT NOT NULL COMMENT 'Pieces in the house',
  reserved   BIGINT NOT NULL COMMENT 'Of these, promised to orders',
  version    BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (product_id),
  CONSTRAINT stock_of_product FOREIGN KEY (product_id) REFERENCES product (product_id),
  -- The domain refuses this first; here it holds against any other writer, and against our own mistakes.
  CONSTRAINT stock_never_promised_twice CHECK (reserved <= on_hand),
  CONSTRAINT stock_reserved_not_negative CHECK (reserved >= 0)
) ENGINE = InnoDB COMMENT = 'One row a product that ever had stock';

CREATE TABLE IF NOT EXISTS orders (
  order_id          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  customer_id       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  country           VARCHAR(60) NOT NULL COMMENT 'Of the customer when the order was placed',
  currency_code     CHAR(3) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'ISO 4217',
  status            ENUM('placed', 'paid', 'shipped', 'delivered', 'cancelled') NOT NULL,
  placed_at         DATETIME(3) NOT NULL COMMENT 'Business time',
  placed_on         DATE NOT NULL COMMENT 'Business day of placed_at in the company''s time zone',
  total_minor       BIGINT NOT NULL COMMENT 'Sum of the lines when placed',
  payment_reference VARCHAR(100) NOT NULL DEFAULT '' COMMENT 'Empty until paid',
  version           BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (order_id),
  KEY orders_by_customer (customer_id),
  CONSTRAINT order_of_customer FOREIGN KEY (customer_id) REFERENCES customer (customer_id),
  CONSTRAINT order_total_not_negative CHECK (total_minor >= 0)
) ENGINE = InnoDB COMMENT = 'Orders; their lines are guarded by the lock of the order''s row';

CREATE TABLE IF NOT EXISTS order_line (
  order_id          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  line_no           SMALLINT UNSIGNED NOT NULL COMMENT '1 for the first line',
  product_id        VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  product_name      VARCHAR(200) NOT NULL COMMENT 'As it was when the order was placed',
  quantity          BIGINT NOT NULL,
  unit_price_minor  BIGINT NOT NULL COMMENT 'In the order''s currency',
  returned_quantity BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (order_id, line_no),
  KEY order_line_by_product (product_id),
  CONSTRAINT line_of_order FOREIGN KEY (order_id) REFERENCES orders (order_id),
  CONSTRAINT line_of_product FOREIGN KEY (product_id) REFERENCES product (product_id),
  CONSTRAINT line_quantity_positive CHECK (quantity > 0),
  CONSTRAINT line_price_not_negative CHECK (unit_price_minor >= 0),
  CONSTRAINT line_returned_within_quantity CHECK (returned_quantity BETWEEN 0 AND quantity)
) ENGINE = InnoDB COMMENT = 'Lines of orders';

CREATE TABLE IF NOT EXISTS stock_receipt (
  receipt_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  product_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (receipt_id),
  KEY stock_receipt_by_product (product_id),
  CONSTRAINT receipt_of_product FOREIGN KEY (product_id) REFERENCES product (product_id)
) ENGINE = InnoDB COMMENT = 'Goods receipts that were booked; each once for ever';
