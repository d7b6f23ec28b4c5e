export * from './schema.ts';
export * from './session.ts';
