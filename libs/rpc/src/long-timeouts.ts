import { patchGrpcJs } from './grpc-js-internals.ts';

/**
 * The longest that a call is given: 24 days. A timer of Node takes 2^31 - 1 ms, a little more, and fires at once when it is asked
 * for longer. No connection lives that long, so a caller never sees the difference.
 */
export const LONGEST_CALL_MS = 24 * 86_400_000;

const MAX_TOLD_LENGTH = 40;
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** What a caller's grpc-timeout is taken for: the longest call where it asks for more, and no more of nonsense than can be told back. */
export function boundedTimeout(header: string): string {
  // The pattern of grpc-js, which may find its number behind others.
  const [, amount = '', unit = ''] = /(\d{1,8})\s*([HMSmun])/.exec(header) ?? [];
  const ms = Number(amount) * (UNIT_MS[unit] ?? 0);
  if (ms > LONGEST_CALL_MS) return `${LONGEST_CALL_MS / 1_000}S`;
  return unit ? `${amount}${unit}` : header.slice(0, MAX_TOLD_LENGTH);
}

/** The part of a call of grpc-js' server that the correction touches. */
interface ServerCallClass {
  readonly prototype: { handleTimeoutHeader(header: unknown): void };
}

/**
 * Corrects grpc-js 1.14, whose server computes a deadline in 32 bits: one of 25 days or more has passed before its call begins
 * (grpc/grpc-node#1167). Safe to call often; affects this process only. Throws when grpc-js keeps that elsewhere by now.
 */
export function patchServerTimeouts(): void {
  patchGrpcJs(
    'server-interceptors',
    'handleTimeoutHeader',
    ({ BaseServerInterceptingCall: call }: { readonly BaseServerInterceptingCall?: ServerCallClass }) => {
      const handle = call?.prototype.handleTimeoutHeader;
      if (!call || typeof handle !== 'function')
        throw new Error('this version of grpc-js reads its timeouts elsewhere');
      call.prototype.handleTimeoutHeader = function handleBoundedTimeout(header) {
        handle.call(this, boundedTimeout(String(header)));
      };
    },
  );
}

/** A grpc-timeout header, which holds eight digits at most: in milliseconds, or in seconds where it takes more. */
export function timeoutHeader(leftMs: number): string {
  const ms = Math.min(LONGEST_CALL_MS, Math.max(1, Math.round(leftMs)));
  return ms < 1e8 ? `${ms}m` : `${Math.ceil(ms / 1_000)}S`;
}
