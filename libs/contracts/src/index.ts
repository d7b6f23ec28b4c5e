export * from './contexts.ts';
export * from './envelope.ts';
export * from './events.ts';
export * from './journal-event.ts';
export * from './rules/index.ts';
export * from './token.ts';
export { descriptorSet } from './generated/descriptor-set.ts';
export * from './generated/index.ts';
