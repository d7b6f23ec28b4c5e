export * from './key-copier.ts';
export * from './key-copies.ts';
export * from './key-store.ts';
export * from './master-key.ts';
export * from './personal-data.ts';
export * from './verify-master-key.ts';
export { KEY_BYTES, UnsealError } from './seal.ts';
