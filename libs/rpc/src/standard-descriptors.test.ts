import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { standardDescriptors } from './standard-descriptors.ts';

const root = join(import.meta.dirname, '../../..');
const google = 'node_modules/google-proto-files';

function built(input: string, ...files: readonly string[]): Buffer {
  const paths = files.flatMap((file) => ['--path', `${input}/${file}`]);
  const output = ['--as-file-descriptor-set', '--exclude-source-info', '--output', '-#format=binpb'];
  return execFileSync(join(root, 'node_modules/.bin/buf'), ['build', input, ...paths, ...output], {
    cwd: root,
  });
}

describe('the standard descriptors', () => {
  it('are what buf builds from the packages that are installed', () => {
    const fresh = Buffer.concat([
      built(google, 'google/rpc/status.proto', 'google/rpc/error_details.proto'),
      built('libs/rpc/proto'),
    ]);
    expect(Buffer.from(standardDescriptors).toString('base64')).toBe(fresh.toString('base64'));
  });
});
