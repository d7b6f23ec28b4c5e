import { z } from 'zod';
import { field } from './fields.ts';

const TRACES = /^(none|otlp:https?:\/\/.+|file:.+)$/;
const RATIO = /^(0(\.\d+)?|1(\.0+)?)$/;

/** The environment variables of every service; extend them with `baseConfig.extend({ … })`. */
export const baseConfig = z.object({
  /** How much is logged. */
  MERIDIAN_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** The port of /metrics, /livez and /readyz; 0 takes a free one. */
  MERIDIAN_HTTP_PORT: field.port().default(0),
  /** The address that this port is bound to; 0.0.0.0 in a container. */
  MERIDIAN_HTTP_HOST: z.string().default('127.0.0.1'),
  /** How long a drain may take, from the signal to the exit. */
  MERIDIAN_DRAIN_MS: field.durationMs({ min: 100 }).default(20_000),
  /** How long a stopping service answers NOT_SERVING before it refuses new connections; at most half of the drain. */
  MERIDIAN_SHUTDOWN_PAUSE_MS: field.durationMs({ min: 0 }).default(200),
  /** Where spans go: nowhere, an OTLP/HTTP collector (`otlp:http://host:4318/v1/traces`) or a file of JSON lines. */
  MERIDIAN_TRACES: z.string().regex(TRACES, 'must be none, otlp:URL or file:PATH').default('none'),
  /** The share of new traces that is recorded; a caller's decision is kept. */
  MERIDIAN_TRACE_RATIO: z.string().regex(RATIO, 'must be a number from 0 to 1').transform(Number).default(1),
});

/** The environment variables of every service. */
export type BaseConfig = z.output<typeof baseConfig>;

const drainTimes = baseConfig.pick({ MERIDIAN_DRAIN_MS: true, MERIDIAN_SHUTDOWN_PAUSE_MS: true });

/** Contradictions between the variables of every service, reported in addition to other problems. */
export function problemsBetween(set: Readonly<Record<string, string>>): readonly string[] {
  const { data } = drainTimes.safeParse(set);
  // The default pause becomes shorter for a short drain. A configured pause is kept, so it has to fit.
  if (!data || set['MERIDIAN_SHUTDOWN_PAUSE_MS'] === undefined) return [];
  if (data.MERIDIAN_SHUTDOWN_PAUSE_MS <= data.MERIDIAN_DRAIN_MS / 2) return [];
  return ['MERIDIAN_SHUTDOWN_PAUSE_MS: must be at most half of MERIDIAN_DRAIN_MS'];
}
