import kafkajs, { type LogEntry } from 'kafkajs';
import type { Log } from './log.ts';

/**
 * A producer here gives up on purpose: the relay sends again from the journal, and readers drop events that they have
 * seen. Every start gets this warning from kafkajs.
 */
const MEANT = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

/**
 * Passes kafkajs' log on. A refused request is logged as information only, because its caller gets the same error. The
 * caller tries again (a coordinator that is still loading) or reports the failure.
 */
export function forwardLog(log: Log, { level, log: { message, ...fields } }: LogEntry): void {
  if (message === MEANT) return;
  const { timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = fields;
  const text = `kafka: ${message}`;
  if (message.startsWith('Response ')) log.info(rest, text);
  else if (level <= kafkajs.logLevel.ERROR) log.error(rest, text);
  else log.warn(rest, text);
}
