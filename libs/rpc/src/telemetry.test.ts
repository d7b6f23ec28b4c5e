import { SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RpcServer } from './server.ts';
import { clientOf, serve } from './test-service.ts';

const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const open: { close(): unknown }[] = [];

async function talking(echo: Parameters<typeof serve>[0], count?: Parameters<typeof serve>[1]) {
  const server: RpcServer = await serve(echo, count);
  const channel = clientOf([server.port], { maxAttempts: 1 });
  open.push({ close: () => server.shutdown(0) }, channel);
  return channel.client;
}

describe('tracing', () => {
  beforeAll(() => provider.register());
  afterEach(async () => {
    spans.reset();
    for (const opened of open.splice(0).reverse()) await opened.close();
  });
  afterAll(() => provider.shutdown());

  const tracer = trace.getTracer('test');
  const finished = (name: string) => spans.getFinishedSpans().find((span) => span.name === name);

  it("puts a call under its caller's span, and the handler's spans under the call's", async () => {
    const client = await talking(async (request) =>
      tracer.startActiveSpan('commit', (span) => (span.end(), request)),
    );
    await tracer.startActiveSpan('caller', async (span) => {
      await client.echo({ text: 'x' });
      span.end();
    });
    const [caller, call, commit] = ['caller', 'test.v1.TestService/Echo', 'commit'].map(finished);
    expect(call?.parentSpanContext?.spanId).toBe(caller?.spanContext().spanId);
    expect(commit?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
    expect(new Set([caller, call, commit].map((span) => span?.spanContext().traceId)).size).toBe(1);
    expect(call?.status.code).toBe(SpanStatusCode.UNSET);
  });

  it('keeps the call active through a stream, and starts a trace for a caller without one', async () => {
    const seen: (string | undefined)[] = [];
    const client = await talking(async (request) => request, {
      count: async function* () {
        for (const text of ['a', 'b']) {
          seen.push(trace.getActiveSpan()?.spanContext().spanId);
          yield { text };
        }
      },
    });
    for await (const answer of client.count({})) expect(answer.text).toMatch(/[ab]/);
    const call = finished('test.v1.TestService/Count');
    expect(call?.parentSpanContext).toBeUndefined();
    expect(seen).toEqual([call?.spanContext().spanId, call?.spanContext().spanId]);
  });

  it('marks what went wrong, and not what was only refused', async () => {
    const client = await talking(() => Promise.reject(new Error('a bug')));
    await client.echo({}).catch(() => undefined);
    expect(finished('test.v1.TestService/Echo')?.status.code).toBe(SpanStatusCode.ERROR);
    expect(finished('test.v1.TestService/Echo')?.attributes['rpc.grpc.status_code']).toBe(13);
  });
});
