import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';

/** Packages that load less than this take little memory. */
const HEAVY_BYTES = 100_000;

/** The heavy packages that a program has loaded before it knows its configuration, which is empty here. */
function heavyPackagesOf(main: string): Promise<readonly string[]> {
  const args = ['--import', join(import.meta.dirname, 'note-packages.ts'), join(workspaceRoot, main)];
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  // It ends with 78, since its configuration is unusable.
  const { NODE_COMPILE_CACHE } = process.env;
  execFile(process.execPath, args, { env: { NODE_COMPILE_CACHE } }, (error, output) => {
    const line = output.split('\n').find((one) => one.startsWith('{"bytesOf"'));
    if (line === undefined) return reject(error ?? new Error(output));
    const { bytesOf }: { readonly bytesOf: Readonly<Record<string, number>> } = JSON.parse(line);
    resolve(
      Object.keys(bytesOf)
        .filter((name) => (bytesOf[name] ?? 0) >= HEAVY_BYTES)
        .sort(),
    );
  });
  return promise;
}

/** What all services need. Reflection and the export of spans are loaded only where the configuration asks for them. */
const EVERYWHERE = [
  '@bufbuild/protobuf',
  '@grpc/grpc-js',
  '@opentelemetry/semantic-conventions',
  'adm-zip',
  'cassandra-driver',
  'kafkajs',
  'zod',
];

describe('a service loads no heavy package that it does not need:', () => {
  it.each([
    ['command-service', [...EVERYWHERE, 'jose', 'mysql2']],
    ['query-service', [...EVERYWHERE, 'jose']],
    ['projectors/orders', EVERYWHERE],
    ['projectors/all', EVERYWHERE],
  ])('%s', async (folder, packages) => {
    expect(await heavyPackagesOf(`apps/${folder}/src/main.ts`)).toEqual([...packages].sort());
  });
});
