import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startTestStack, type TestStack } from '@meridian/testing';
import { afterAll, beforeAll } from 'vitest';
import { describeClients } from './one-stack/clients.ts';
import { describeObserve } from './one-stack/observe.ts';
import { describeRebuild } from './one-stack/rebuild.ts';
import { describeReplacedProjector } from './one-stack/replaced-projector.ts';
import { describeSession } from './one-stack/session.ts';
import { describeTrace } from './one-stack/trace.ts';

// Journeys that leave a stack as they found it, one after the other on the same one: what each makes has ids of its own.
// Its projectors are processes of their own, as on a cluster; those of the other journeys are one process.
const spansFile = path.join(tmpdir(), `meridian-spans-${process.pid}.jsonl`);
let stack: TestStack;

beforeAll(async () => {
  // Only calls whose caller asks for a trace are traced.
  const serviceEnvironment = { MERIDIAN_TRACES: `file:${spansFile}`, MERIDIAN_TRACE_RATIO: '0' };
  stack = await startTestStack('one', { serviceEnvironment, projectors: 'separate' });
});
afterAll(async () => {
  await stack?.stop();
  await rm(spansFile, { force: true });
});

describeSession(() => stack);
describeClients(() => stack);
describeObserve(() => stack);
describeTrace(() => ({ stack, spansFile }));
describeRebuild(() => stack);
describeReplacedProjector(() => stack);
