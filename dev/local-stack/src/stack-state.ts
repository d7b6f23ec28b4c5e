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
  /** Whether the stack's supervisor is to start it again when it ends by itself. */
  supervised: z.boolean().optional(),
});

/** What a stack knows of one service. */
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
  /** Stacks of before this was asked have one process per projector. */
  projectors: z.enum(['together', 'separate']).default('separate'),
  supervisor: processIdentity.optional(),
});

/** What a stack's folder knows of it: enough to find, stop and ask it from another process. */
export type StackState = z.output<typeof stackState>;

const fileOf = (folder: string) => path.join(folder, 'stack.json');

/**
 * The state of a stack; undefined when none was ever started in the folder. Throws, naming the file, when it is damaged: guessing
 * could end the wrong process.
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

/** Keeps the state; a reader sees the old or the new one, whole. The file holds keys: only its owner may read it. */
export function writeStackState(folder: string, state: StackState): void {
  writeWhole(fileOf(folder), JSON.stringify(state, null, 2));
}

/** Changes the state of a folder's stack, in one go for this process. Does nothing when there is none. */
export function changeStackState(folder: string, change: (state: StackState) => void): void {
  const state = readStackState(folder);
  if (!state) return;
  change(state);
  writeStackState(folder, state);
}

/**
 * Writes what `npm run dev` reads: in stack.env the variables that all services share, in SERVICE.env those of one.
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

/** Writes a file so that a reader sees the old or the new one, whole; only the owner may read it. */
export function writeWhole(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, content, { mode: 0o600 });
  renameSync(temporary, file);
}
