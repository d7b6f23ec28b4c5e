export { sumOfOrders, type CustomerWorth, type SumOptions } from './customer-worth.ts';
export {
  findOrder,
  orderProvenUpTo,
  type OrderHead,
  type OrderLineRow,
  type OrderRow,
} from './find-order.ts';
export { listOrderHistory, type HistoryPage, type HistoryRow } from './history.ts';
export * from './list-customer-orders.ts';
export { ordersProjection } from './projection.ts';
export { createRememberedMonths, type RememberedMonths } from './remembered-months.ts';
