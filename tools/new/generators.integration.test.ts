import { globSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workspaceRoot } from '../shell/workspace.ts';
import { TESTED } from './testing/examples.ts';
import { copyWorkspace, type Outcome, type WorkspaceCopy } from './testing/workspace-copy.ts';

// Every kind in one copy of the workspace, so that all of them are compiled, linted and tested once.
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
/** Tests on real engines, with how many of each must have passed. */
const ASKED_OVER_GRPC = {
  'apps/command-service/src/commands/catalog/create-example.integration.test.ts': 1,
  'apps/query-service/src/questions/catalog/get-probe.integration.test.ts': 2,
  'apps/query-service/src/questions/specimens/get-specimens.integration.test.ts': 2,
};
/** The projects of all these tests: vitest starts no others. */
const PROJECTS = [
  'libs/contracts',
  'libs/domain/catalog',
  'libs/read-models/specimens',
  'libs/read-models/registry',
  'libs/access',
  'apps/cli',
  'apps/command-service',
  'apps/query-service',
];
/** What packages have and do not declare; nobody imports these files. */
const DECLARATIONS = globSync('{libs,dev}/*/src/**/*.d.ts', { cwd: workspaceRoot });
/** All that was written and whatever it imports, as one program: a build of every package would take minutes. */
const PROGRAM = 'tsconfig.written.json';

interface Report {
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const succeeded = ({ code, output }: Outcome) => expect(code, output).toBe(0);

describe('npm run new, in a copy of the workspace', () => {
  let copy: WorkspaceCopy;
  const written: string[] = [];
  const sources = (): string[] => [
    ...new Set(written.filter((path) => path.endsWith('.ts') && !path.endsWith('vitest.config.ts'))),
  ];

  beforeAll(async () => {
    copy = copyWorkspace();
    for (const args of TESTED) {
      const outcome = await copy.run('node', 'tools/new/run.ts', ...args);
      succeeded(outcome);
      for (const [, path = ''] of outcome.output.matchAll(/^(?:new|edit) +(.*)$/gm)) written.push(path);
    }
    copy.write(PROGRAM, {
      extends: './tsconfig.base.json',
      compilerOptions: { noEmit: true, composite: false, declaration: false, emitDeclarationOnly: false },
      files: [...sources(), ...DECLARATIONS],
    });
  });
  afterAll(() => copy?.remove());

  it('writes what compiles', async () => {
    succeeded(await copy.run('tsc', '--project', PROGRAM));
  });

  it('writes what lint and formatting accept', async () => {
    succeeded(await copy.run('node', 'tools/proto/check.ts'));
    // One program here too: the service of the editor would make one per package.
    const program = `--parser-options=projectService:false,project:./${PROGRAM}`;
    succeeded(await copy.run('eslint', program, '--max-warnings', '0', ...sources()));
    const formatted = new Set([...written, 'docs/security.md']);
    succeeded(await copy.run('prettier', '--check', '--ignore-unknown', ...formatted));
  });

  it('writes tests that pass, and services that answer over gRPC on real engines', async () => {
    const projects = PROJECTS.map((name) => `--project=${name}`);
    const files = [...PURE_TESTS, ...Object.keys(ASKED_OVER_GRPC)];
    const config = ['--config', 'tools/vitest/workspace.ts', '--mode', 'both'];
    succeeded(await copy.run('vitest', 'run', ...config, ...projects, ...files));
    const report: Report = JSON.parse(copy.read('dist/test-reports/both.json'));
    const passed = Object.keys(ASKED_OVER_GRPC).map((file) => {
      const results = report.testResults.find(({ name }) => name.endsWith(`/${file}`))?.assertionResults;
      return [file, results?.filter(({ status }) => status === 'passed').length];
    });
    expect(Object.fromEntries(passed)).toEqual(ASKED_OVER_GRPC);
    const names = report.testResults.map(({ name }) => name);
    expect(files.filter((file) => !names.some((name) => name.includes(`/${file}`)))).toEqual([]);
    expect(report.numTodoTests).toBeGreaterThan(0);
  });

  it('lists what is left to be written, and who may call what', async () => {
    const todos = await copy.run('node', 'tools/new/run.ts', 'todos');
    expect([todos.code, todos.output]).toEqual([1, expect.stringContaining('specimens/src/projection.ts')]);
    for (const method of ['GetSpecimens', 'GetProbe', 'TestProduct', 'CreateExample']) {
      expect(todos.output).toMatch(new RegExp(`libs/access/src/table.ts:\\d+: who may call ${method}`));
      expect(copy.read('docs/security.md')).toContain(`\`${method}\``);
    }
  });

  it('does nothing twice', async () => {
    const again = await copy.run('node', 'tools/new/run.ts', ...(TESTED.at(-1) ?? []));
    const refused = expect.stringMatching(/exists already\nNothing was written/);
    expect([again.code, again.output]).toEqual([2, refused]);
  });
});
