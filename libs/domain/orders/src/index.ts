export * from './advance-order.ts';
export * from './order.ts';
export * from './place-order.ts';
export * from './return-items.ts';
