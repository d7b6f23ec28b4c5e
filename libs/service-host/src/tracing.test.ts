import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { startTracing, type Tracing } from './tracing.ts';

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
let tracing: Tracing | undefined;

afterEach(async () => {
  await tracing?.stop();
  for (const api of [trace, context, propagation]) api.disable();
});

function traceparentOf(active = context.active()): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(active, carrier);
  return carrier['traceparent'];
}

describe('startTracing', () => {
  it("passes a caller's trace through unchanged when nothing is recorded", async () => {
    tracing = await startTracing({ service: 'test', traces: 'none', ratio: 1 });
    const parent = propagation.extract(ROOT_CONTEXT, { traceparent });
    const span = tracing.tracer.startSpan('work', {}, parent);
    expect(traceparentOf(trace.setSpan(parent, span))).toBe(traceparent);
    expect(traceparentOf(ROOT_CONTEXT)).toBeUndefined();
  });

  it('writes one JSON line a span to a file within a second, without being asked', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'meridian-spans-'));
    const file = join(folder, 'spans.jsonl');
    try {
      tracing = await startTracing({ service: 'test', traces: `file:${file}`, ratio: 0 });
      const parent = propagation.extract(ROOT_CONTEXT, { traceparent });
      const span = tracing.tracer.startSpan('commit', { attributes: { 'meridian.position': 7 } }, parent);
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      tracing.tracer.startSpan('not sampled').end();
      await expect.poll(() => readFile(file, 'utf8').catch(() => '')).not.toBe('');
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
        {
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: span.spanContext().spanId,
          parentSpanId: 'b7ad6b7169203331',
          name: 'commit',
          service: 'test',
          startTime: expect.any(String),
          endTime: expect.any(String),
          attributes: { 'meridian.position': 7 },
          status: 'ERROR',
        },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
