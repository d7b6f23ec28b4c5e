import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { processIdentity } from '@meridian/engines';
import { z } from 'zod';

const service = z.object({
  name: z.string(),
  main: z.string(),
  httpPort: z.number(),
  grpcPort: z.number().optional(),
  environment: z.record(z.string(), z.string()),
  process: processIdentity.optional(),
  /** Whether the stack's supervisor restarts the service when it ends unasked. */
  supervised: z.boolean().optional(),
  /** The process that runs the service on its ports in place of the stack (`npm run dev`). */
  outside: processIdentity.optional(),
});

/** A stack's record of one service. */
export type ServiceState = z.infer<typeof service>;

const stackState = z.object({
  engineMode: z.enum(['local', 'docker', 'external']),
  regions: z.array(z.string()),
  names: z.object({
    database: z.string(),
    keysDatabase: z.string(),
    keyspace: z.string(),
    topicPrefix: z.string(),
  }),
  engineEnvironment: z.record(z.string(), z.string()),
  services: z.array(service),
  /** Stacks that are older than this field have one process per projector. */
  projectors: z.enum(['together', 'separate']).default('separate'),
  /** Whether the stack's engines and services are closed. */
  closed: z.boolean().default(false),
  supervisor: processIdentity.optional(),
});

/** A folder's record of its stack: enough to find, stop and ask the stack from another process. */
export type StackState = z.output<typeof stackState>;

const fileOf = (folder: string) => path.join(folder, 'stack.json');

/**
 * The state of a stack; undefined when none was ever started in the folder. Throws, naming the file, when the file is
 * damaged: a guess could end the wrong process.
 */
export function readStackState(folder: string): StackState | undefined {
  const file = fileOf(folder);
  if (!existsSync(file)) return undefined;
  try {
    return stackState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new Error(`${file} cannot be understood; when no service runs, remove it`, { cause: error });
  }
}

/**
 * Writes the state atomically: a reader sees the old or the new state. The file holds keys: only its owner may read it.
 */
export function writeStackState(folder: string, state: StackState): void {
  writeWhole(fileOf(folder), JSON.stringify(state, null, 2));
}

/** Changes the state of a folder's stack, atomically within this process. Does nothing when there is no stack. */
export function changeStackState(folder: string, change: (state: StackState) => void): void {
  const state = readStackState(folder);
  if (!state) return;
  change(state);
  writeStackState(folder, state);
}

/**
 * Writes the files that `npm run dev` reads: stack.env with the variables that all services share, and SERVICE.env with
 * the variables of one service.
 */
export function writeEnvironmentFiles(folder: string, { services }: StackState): void {
  const [first, ...others] = services.map(({ environment }) => environment);
  const shared = Object.entries(first ?? {}).filter(([name, value]) =>
    others.every((environment) => environment[name] === value),
  );
  writeWhole(path.join(folder, 'stack.env'), environmentFile(shared));
  for (const { name, environment } of services) {
    const own = Object.entries(environment).filter(([key]) => !shared.some(([other]) => other === key));
    writeWhole(path.join(folder, `${name}.env`), environmentFile(own));
  }
}

function environmentFile(variables: readonly (readonly [string, string])[]): string {
  return variables.map(([name, value]) => `${name}=${value}\n`).join('');
}

/** Writes a file atomically: a reader sees the old or the new file. Only the owner may read the file. */
export function writeWhole(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, file);
}
