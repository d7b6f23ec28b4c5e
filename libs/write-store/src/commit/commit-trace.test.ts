import { trace, type Span } from '@opentelemetry/api';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';
import { createProduct } from '../testing/commands.ts';
import { traceCommit } from './commit-trace.ts';

const TRACE = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;
const sampled = { ...createProduct('tea'), traceparent: `${TRACE}-01` };
const unsampled = { ...createProduct('rum'), traceparent: `${TRACE}-00` };
const untraced = { ...createProduct('gin'), traceparent: 'no trace' };
const commands = [sampled, unsampled, untraced];
const failed = { kind: 'failed', error: new Error('full') } as const;

const span = { setAttribute: vi.fn(), setStatus: vi.fn(), end: vi.fn() };
const startSpan = vi.fn(() => span as unknown as Span);

beforeEach(() => {
  vi.clearAllMocks();
  vi.spyOn(trace, 'getTracer').mockReturnValue({ startSpan, startActiveSpan: vi.fn() });
});
afterAll(() => void vi.restoreAllMocks());

it('ends the span of each traced command with how the command ended, and gives the outcomes', async () => {
  const outcomes = [failed, failed, failed];
  expect(await traceCommit(commands, () => Promise.resolve(outcomes))).toBe(outcomes);
  expect(startSpan).toHaveBeenCalledTimes(1);
  expect(span.setAttribute).toHaveBeenCalledWith('meridian.outcome', 'failed');
  expect(span.end).toHaveBeenCalledTimes(1);
});

it('ends the spans with the error that all commands share, and throws it', async () => {
  const away = new Error('away');
  await expect(traceCommit(commands, () => Promise.reject(away))).rejects.toBe(away);
  expect(span.setStatus).toHaveBeenCalledTimes(1);
  expect(span.end).toHaveBeenCalledTimes(1);
});

it('gives journal rows a trace context only where it is valid', async () => {
  await traceCommit(commands, (traceOf) => {
    expect(commands.map(traceOf)).toEqual([`${TRACE}-01`, `${TRACE}-00`, '']);
    return Promise.resolve([failed, failed, failed]);
  });
});
