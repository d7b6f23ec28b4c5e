export { readBacklog, type ShardBacklog } from './backlog.ts';
export type { Log } from './log.ts';
export * from './relay.ts';
