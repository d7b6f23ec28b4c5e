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
});

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
});

/** What a stack's folder knows of it: enough to find, stop and ask it from another process. */
export type StackState = z.infer<typeof stackState>;

const fileOf = (folder: string) => path.join(folder, 'stack.json');

/** The state of a stack; undefined when none was ever started in the folder. */
export function readStackState(folder: string): StackState | undefined {
  const file = fileOf(folder);
  return existsSync(file) ? stackState.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Keeps the state, whole or not at all; and, for `npm run dev`, the environment of the services in stack.env. */
export function writeStackState(folder: string, state: StackState): void {
  mkdirSync(folder, { recursive: true });
  const temporary = `${fileOf(folder)}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(state, null, 2), { mode: 0o600 });
  renameSync(temporary, fileOf(folder));
}
