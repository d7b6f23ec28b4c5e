import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive, processIdentity, type ProcessIdentity } from '@meridian/engines';
import { z } from 'zod';
import { writeWhole, type ServiceState, type StackState } from './stack-state.ts';

const restarted = z.object({
  /** How often the service was restarted, over all its processes. */
  restarts: z.number().int(),
  /** The process of stack.json that has ended, and the process that has replaced it. */
  replaces: processIdentity,
  process: processIdentity,
});

/**
 * What a stack's supervisor did, by service. Only the supervisor writes this file; every other start or stop of a
 * service writes stack.json.
 */
const supervisorState = z.record(z.string(), restarted);
export type SupervisorState = z.infer<typeof supervisorState>;

export const supervisorFileOf = (folder: string) => path.join(folder, 'supervisor.json');

/** What the supervisor of a folder did; nothing when there is none, or when its file is damaged. */
export function readSupervisorState(folder: string): SupervisorState {
  const file = supervisorFileOf(folder);
  if (!existsSync(file)) return {};
  try {
    return supervisorState.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data ?? {};
  } catch {
    return {};
  }
}

export function writeSupervisorState(folder: string, state: SupervisorState): void {
  writeWhole(supervisorFileOf(folder), JSON.stringify(state, null, 2));
}

export const isSameProcess = (one: ProcessIdentity | undefined, other: ProcessIdentity | undefined) =>
  one?.pid === other?.pid && one?.startedAt === other?.startedAt;

/**
 * The current process of a service: the supervisor's, when that has replaced the process that the stack started last.
 */
export function processOf(
  { name, process: started }: ServiceState,
  supervised: SupervisorState,
): ProcessIdentity | undefined {
  const again = supervised[name];
  return again && isSameProcess(again.replaces, started) ? again.process : started;
}

/** The process of a service now, if it runs. */
export function aliveProcessOf(
  service: ServiceState,
  supervised: SupervisorState,
): ProcessIdentity | undefined {
  const found = processOf(service, supervised);
  return found && isAlive(found) ? found : undefined;
}

/** Whether a process that is not of the stack runs the service on its ports (`npm run dev`). */
export const runsOutside = ({ outside }: ServiceState): boolean => outside !== undefined && isAlive(outside);

/** Whether any service of a folder's stack runs. */
export function partlyRuns(folder: string, { services }: StackState): boolean {
  const restarted = readSupervisorState(folder);
  return services.some((service) => aliveProcessOf(service, restarted) !== undefined || runsOutside(service));
}
