import { globSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { TESTED } from './testing/examples.ts';
import { copyWorkspace, type Outcome, type WorkspaceCopy } from './testing/workspace-copy.ts';

// Every kind in one copy of the workspace, so that all of them are built, linted and asked once.
const PURE_TESTS = [
  'libs/contracts/src/samples.test.ts',
  'libs/contracts/src/events.test.ts',
  'libs/contracts/src/rules/validate.test.ts',
  'libs/domain/catalog/src',
  'libs/read-models/specimens/src',
  'libs/read-models/registry/src',
  'apps/cli/src/start/caught-up.test.ts',
  'libs/access/src/matrix.test.ts',
];
const ASKED_OVER_GRPC = [
  'apps/command-service/src/commands/catalog/create-example.integration.test.ts',
  'apps/query-service/src/questions/catalog/get-probe.integration.test.ts',
  'apps/query-service/src/questions/specimens/get-specimens.integration.test.ts',
];
/** What packages have and do not declare; nobody imports these files. */
const DECLARATIONS = globSync('{libs,dev}/*/src/**/*.d.ts', { cwd: workspaceRoot });

const succeeded = ({ code, output }: Outcome) => expect(code, output).toBe(0);

describe('npm run new, in a copy of the workspace', () => {
  let copy: WorkspaceCopy;
  const written: string[] = [];

  beforeAll(async () => {
    copy = copyWorkspace();
    for (const args of TESTED) {
      const outcome = await copy.run('node', 'tools/new/run.ts', ...args);
      succeeded(outcome);
      for (const [, path = ''] of outcome.output.matchAll(/^(?:new|edit) +(.*)$/gm)) written.push(path);
    }
  });
  afterAll(() => copy?.remove());

  const sources = (): string[] => [
    ...new Set(written.filter((path) => path.endsWith('.ts') && !path.endsWith('vitest.config.ts'))),
  ];
  const vitest = (mode: string, files: readonly string[]) =>
    copy.run('vitest', 'run', '--config', 'tools/vitest/workspace.ts', '--mode', mode, ...files);

  it('writes what compiles', async () => {
    // All that was written and whatever it imports, as one program: a build of every package would take minutes.
    copy.write('tsconfig.written.json', {
      extends: './tsconfig.base.json',
      compilerOptions: { noEmit: true, composite: false, declaration: false, emitDeclarationOnly: false },
      files: [...sources(), ...DECLARATIONS],
    });
    succeeded(await copy.run('tsc', '--project', 'tsconfig.written.json'));
  });

  it('writes what lint and formatting accept', async () => {
    succeeded(await copy.run('node', 'tools/proto/check.ts'));
    succeeded(await copy.run('eslint', '--max-warnings', '0', ...sources()));
    succeeded(await copy.run('prettier', '--check', '--ignore-unknown', ...new Set(written)));
  });

  it('writes tests that pass, and all checks of the contract hold', async () => {
    const outcome = await vitest('unit', PURE_TESTS);
    succeeded(outcome);
    expect(outcome.output).toMatch(/\d+ todo/);
  });

  it('writes services that answer over gRPC on real engines', async () => {
    const outcome = await vitest('integration', ASKED_OVER_GRPC);
    succeeded(outcome);
    expect(outcome.output).toMatch(/Tests +5 passed/);
  });

  it('lists what is left to be written, and does nothing twice', async () => {
    const todos = await copy.run('node', 'tools/new/run.ts', 'todos');
    expect([todos.code, todos.output]).toEqual([1, expect.stringContaining('specimens/src/projection.ts')]);
    for (const args of TESTED) {
      const again = await copy.run('node', 'tools/new/run.ts', ...args);
      expect([again.code, again.output]).toEqual([
        2,
        expect.stringMatching(/exists already\nNothing was written/),
      ]);
    }
  });
});
