import type { OwnedShard, PublishingLeases } from './leases.ts';

/** A lease is too close to its end to send anything under it: it must be renewed first. */
export class LeaseTooShortError extends Error {
  override readonly name = 'LeaseTooShortError';
}

/** What bounds a send in time. */
export interface SendBounds {
  readonly leases: PublishingLeases;
  readonly sendTimeoutMs: number;
  /** How long before its lease a send ends. */
  readonly leaseMarginMs: number;
}

const SHORTEST_SEND_MS = 100;

/**
 * How long a send of these shards may take, so that it ends before the first of their leases does. Throws LeaseTooShortError when that
 * leaves too little time, or when one of the shards is not owned any more.
 */
export function sendTimeoutMs(options: SendBounds, shards: readonly OwnedShard[]): number {
  const { leases, leaseMarginMs } = options;
  const leaseLeftMs = Math.min(...shards.map((shard) => leases.leaseLeftMs(shard)));
  const timeoutMs = Math.min(options.sendTimeoutMs, leaseLeftMs - leaseMarginMs);
  if (timeoutMs < SHORTEST_SEND_MS || !shards.every((shard) => leases.holds(shard)))
    throw new LeaseTooShortError(`a lease ends in ${Math.round(leaseLeftMs)} ms`);
  return timeoutMs;
}
