import { defineTotals } from '@meridian/projection';

/** Sales by business day, country and currency; the days of a month together. */
export const dailySales = defineTotals({
  name: 'daily_sales',
  partitionKey: { month: 'int' },
  clusteringKey: { day: 'text', country: 'text', currency: 'text' },
  columns: {
    orders_placed: 'bigint',
    orders_cancelled: 'bigint',
    placed_minor: 'bigint',
    cancelled_minor: 'bigint',
    returned_minor: 'bigint',
  },
});

/** Sales of each product by business day and currency. */
export const productSales = defineTotals({
  name: 'product_sales',
  partitionKey: { day: 'text', currency: 'text' },
  clusteringKey: { product_id: 'text' },
  columns: { units: 'bigint', revenue_minor: 'bigint', product_name: 'text' },
});
