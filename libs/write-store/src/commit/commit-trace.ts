import { propagation, ROOT_CONTEXT, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import type { Command } from '../command/command.ts';
import type { CommandOutcome, HeldOutcome } from '../command/outcome.ts';

const VALID = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
const SAMPLED = /-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f][13579bdf]$/;

/** The trace of a group's commit: one span `commit` for every command that is traced. */
export interface CommitTrace {
  /**
   * The trace context that the command's journal rows carry: that of its span `commit`, or else the command's own. Empty when
   * that is not valid.
   */
  traceparentOf(command: Command): string;
  /** Ends the spans with how each command ended. */
  end(outcomes: readonly (CommandOutcome | HeldOutcome)[]): void;
  /** Ends the spans with an error that all commands share. */
  fail(error: unknown): void;
}

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

/** Starts the spans of a group. A command whose trace is not sampled costs nothing. */
export function traceCommit(commands: readonly Command[]): CommitTrace {
  const spans = new Map<Command, Span>();
  for (const command of commands)
    if (SAMPLED.test(command.traceparent)) spans.set(command, startSpan(command, commands.length));
  return {
    traceparentOf(command) {
      const span = spans.get(command);
      const traceparent = span ? traceparentOf(span, command) : command.traceparent;
      return VALID.test(traceparent) ? traceparent : '';
    },
    end(outcomes) {
      commands.forEach((command, index) => {
        const span = spans.get(command);
        const outcome = outcomes[index];
        if (!span || !outcome) return;
        span.setAttribute('meridian.outcome', outcome.kind);
        if (outcome.kind === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
    },
    fail(error) {
      for (const span of spans.values()) {
        span.setStatus({
          code: SpanStatusCode.ERROR,
          message: error instanceof Error ? error.name : 'error',
        });
        span.end();
      }
    },
  };
}
