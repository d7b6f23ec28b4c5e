export { routingKeyOf, type KeyPart } from './routing-key.ts';
export * from './schema.ts';
export * from './session.ts';
export { storeFailureOf, type StoreFailure } from './store-failure.ts';
export type { CassandraSecurity } from './security.ts';
