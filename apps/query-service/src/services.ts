import {
  CatalogQueryServiceDefinition,
  CustomersQueryServiceDefinition,
  InventoryQueryServiceDefinition,
  OrdersQueryServiceDefinition,
  SalesQueryServiceDefinition,
} from '@meridian/contracts';
import type { ServiceRegistry } from '@meridian/rpc';
import type { PageTokens } from './page-tokens.ts';
import { batchGetProducts } from './questions/catalog/batch-get-products.ts';
import { getProduct } from './questions/catalog/get-product.ts';
import { listProducts } from './questions/catalog/list-products.ts';
import { getCustomer } from './questions/customers/get-customer.ts';
import { batchGetAvailability } from './questions/inventory/batch-get-availability.ts';
import { getAvailability } from './questions/inventory/get-availability.ts';
import { listLowStock } from './questions/inventory/list-low-stock.ts';
import { getOrder } from './questions/orders/get-order.ts';
import { listCustomerOrders } from './questions/orders/list-customer-orders.ts';
import { listOrderHistory } from './questions/orders/list-order-history.ts';
import { watchOrder, type OrderWatches } from './questions/orders/watch-order.ts';
import { getDailySales } from './questions/sales/get-daily-sales.ts';
import { listTopProducts } from './questions/sales/list-top-products.ts';
import type { ReadModelsByName } from './read-models-by-name.ts';

/** What the questions need. */
export interface QuestionParts {
  readonly models: ReadModelsByName;
  readonly tokens: PageTokens;
  readonly orderWatches: OrderWatches;
}

/** Adds all questions to a server: each method is one file. */
export function registerServices(
  server: ServiceRegistry,
  { models, tokens, orderWatches }: QuestionParts,
): void {
  const { catalog, customers, inventory, orders, sales } = models;
  server.add(CatalogQueryServiceDefinition, {
    getProduct: getProduct(catalog),
    batchGetProducts: batchGetProducts(catalog),
    listProducts: listProducts(catalog, tokens),
  });
  server.add(InventoryQueryServiceDefinition, {
    getAvailability: getAvailability(inventory),
    batchGetAvailability: batchGetAvailability(inventory),
    listLowStock: listLowStock(inventory, tokens),
  });
  server.add(CustomersQueryServiceDefinition, {
    getCustomer: getCustomer({ customers, orders }),
  });
  server.add(OrdersQueryServiceDefinition, {
    getOrder: getOrder(orders),
    listOrderHistory: listOrderHistory(orders, tokens),
    listCustomerOrders: listCustomerOrders(orders, tokens),
    watchOrder: watchOrder(orders, orderWatches),
  });
  server.add(SalesQueryServiceDefinition, {
    getDailySales: getDailySales(sales, tokens),
    listTopProducts: listTopProducts(sales),
  });
}
