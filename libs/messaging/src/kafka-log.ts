import kafkajs, { type LogEntry } from 'kafkajs';
import type { Log } from './log.ts';

/**
 * A producer here gives up on purpose: the relay sends again from the journal, and readers drop what they have seen. kafkajs
 * warns of it at every start.
 */
const MEANT = 'Limiting retries for the idempotent producer may invalidate EoS guarantees';

/**
 * Passes on what kafkajs says. A refused request is only information: it is thrown to its caller as well, who tries again (a
 * coordinator that is still loading) or says itself what failed.
 */
export function forwardLog(log: Log, { level, log: { message, ...fields } }: LogEntry): void {
  if (message === MEANT) return;
  const { timestamp: _timestamp, logger: _logger, stack: _stack, ...rest } = fields;
  const text = `kafka: ${message}`;
  if (message.startsWith('Response ')) log.info(rest, text);
  else if (level <= kafkajs.logLevel.ERROR) log.error(rest, text);
  else log.warn(rest, text);
}
