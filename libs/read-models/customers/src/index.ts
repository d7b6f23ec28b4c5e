export * from './find-customer.ts';
export { customersProjection } from './projection.ts';
