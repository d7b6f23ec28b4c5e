export * from './find-order.ts';
export * from './list-customer-orders.ts';
export { ordersProjection } from './projection.ts';
