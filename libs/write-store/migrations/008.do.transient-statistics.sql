-- The optimizer's statistics are counted anew whenever a table is opened, and each time a sixteenth of its rows has changed. MySQL
-- otherwise keeps them, and counts again some seconds after a tenth has changed. A server that ends before that goes on with what it
-- has, such as no rows at all, until another tenth has changed. The relay then read the journal's whole index for each batch. Changes
-- metadata only.
ALTER TABLE journal STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE command_log STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE customer STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE product STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE stock STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE orders STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE order_line STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;
ALTER TABLE stock_receipt STATS_PERSISTENT = 0, ALGORITHM = INPLACE, LOCK = NONE;

-- A server that runs goes on with what it has otherwise.
ANALYZE TABLE journal, command_log, customer, product, stock, orders, order_line, stock_receipt;
