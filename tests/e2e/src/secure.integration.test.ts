import { rm } from 'node:fs/promises';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';
import { startStack, type RunningStack } from '@meridian/local-stack';
import { afterAll, beforeAll, vi } from 'vitest';
import { describeCareless } from './secure/careless.ts';
import { newJourney } from './secure/journey.ts';
import { describeMainJob } from './secure/main-job.ts';
import { describeNoLeaks } from './secure/nothing-leaks.ts';
import { describeOperator } from './secure/operator.ts';
import { watchProcessList } from './secure/process-list.ts';
import { describeRights } from './secure/rights.ts';
import { describeRotation } from './secure/rotation.ts';
import { describeClosedSession } from './secure/session.ts';

// Engines of its own: those of the other journeys are open.
const folder = path.join(workspaceFolder(), '.meridian', 'tests', `secure_${process.pid}`);
const processes = watchProcessList();
const journey = newJourney();
let stack: RunningStack;

beforeAll(async () => {
  vi.stubEnv('MERIDIAN_MYSQL_URL', '');
  const serviceEnvironment = {
    MERIDIAN_LOG_LEVEL: 'trace',
    MERIDIAN_TRACES: `file:${path.join(folder, 'logs/spans.jsonl')}`,
  };
  stack = await startStack({ folder, secure: true, serviceEnvironment });
});
afterAll(async () => {
  processes.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

describeClosedSession(() => stack, journey);
describeCareless(() => stack, journey);
describeOperator(() => stack, journey);
describeRights(() => stack);
describeRotation(() => stack, journey);
// Looks at all that the others have left.
describeNoLeaks(() => stack, journey, processes);
// Last: it stops the stack.
describeMainJob(() => stack, journey);
