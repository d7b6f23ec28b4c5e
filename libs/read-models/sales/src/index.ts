export * from './daily-sales.ts';
export * from './product-sales.ts';
export { salesProjection } from './projection.ts';
