export * from './clock.ts';
export * from './country.ts';
export * from './ids.ts';
export * from './int64.ts';
export * from './money.ts';
export * from './refusal.ts';
export * from './shard.ts';
export * from './version.ts';
