import { propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { Command } from '../command/command.ts';
import type { GroupOutcome } from '../command/outcome.ts';

const VALID = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const SAMPLED = /-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

function startSpan(command: Command, groupSize: number): Span {
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: command.traceparent });
  const attributes = { 'meridian.command': command.name, 'meridian.group_size': groupSize };
  return trace.getTracer('@meridian/write-store').startSpan('commit', { attributes }, parent);
}

function traceparentOf(span: Span, command: Command): string {
  const carrier: Record<string, string> = {};
  propagation.inject(trace.setSpan(ROOT_CONTEXT, span), carrier);
  return carrier.traceparent ?? command.traceparent;
}

/**
 * Runs the commit of a group in one span `commit` for every command that is traced. A command whose trace is not sampled costs
 * nothing. The spans end with how each command ended, or with the error that all commands share.
 *
 * `run` is given the trace context that the command's journal rows carry: that of its span, or else the command's own. It is
 * empty when that context is not valid.
 */
export async function traceCommit(
  commands: readonly Command[],
  run: (traceOf: (command: Command) => string) => Promise<readonly GroupOutcome[]>,
): Promise<readonly GroupOutcome[]> {
  const spans = new Map<Command, Span>();
  for (const command of commands)
    if (SAMPLED.test(command.traceparent)) spans.set(command, startSpan(command, commands.length));
  const traceOf = (command: Command) => {
    const span = spans.get(command);
    const traceparent = span ? traceparentOf(span, command) : command.traceparent;
    return VALID.test(traceparent) ? traceparent : '';
  };
  try {
    const outcomes = await run(traceOf);
    commands.forEach((command, index) => end(spans.get(command), outcomes[index]));
    return outcomes;
  } catch (error) {
    for (const span of spans.values()) fail(span, error);
    throw error;
  }
}

function end(span: Span | undefined, outcome: GroupOutcome | undefined): void {
  if (!span || !outcome) return;
  span.setAttribute('meridian.outcome', outcome.kind);
  if (outcome.kind === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}

function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
  span.end();
}
