import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandFailedError, runCommand } from '@meridian/engines';
import { stringify } from 'yaml';
import { workspaceRoot } from '../shell/workspace.ts';
import { withoutVariables, type Expression } from './model/dashboards.ts';
import { at, listAt, ofKind, textAt, type Build } from './model/manifest.ts';

/** What a file of tests showed. */
export interface AlertTest {
  readonly title: string;
  readonly problems: readonly string[];
}

const TESTS = 'tools/deploy/alerts';

/** Runs the tests of alert and recording rules by promtool, and sees that each alert has one that expects it to fire. */
export function alertTests(promtool: string, build: Build): Promise<AlertTest[]> {
  return inScratchFolder(async (folder) => {
    const groups = ofKind(build, 'PrometheusRule').flatMap((one) => listAt(one, 'spec', 'groups'));
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups }));
    const files = readdirSync(join(workspaceRoot, TESTS)).filter((name) => name.endsWith('.yaml'));
    const made: AlertTest[] = [];
    for (const name of files) {
      copyFileSync(join(workspaceRoot, TESTS, name), join(folder, name));
      made.push({
        title: `alerts/${name}`,
        problems: await problemsOf(promtool, folder, ['test', 'rules', name]),
      });
    }
    return [...made, ...untested(groups, files)];
  });
}

async function inScratchFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const scratch = join(workspaceRoot, '.meridian/deploy');
  mkdirSync(scratch, { recursive: true });
  const folder = mkdtempSync(join(scratch, 'alerts-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Prometheus' own parser says of expressions; nothing where each is PromQL. */
export function expressionProblems(
  promtool: string,
  expressions: readonly Expression[],
): Promise<readonly string[]> {
  return inScratchFolder((folder) => {
    const rules = expressions.map((one) => ({
      record: 'any:expression',
      expr: withoutVariables(one),
      // promtool names no place in the file: the label is where the expression stands.
      labels: { stands_at: one.title },
    }));
    writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: [{ name: 'expressions', rules }] }));
    return problemsOf(promtool, folder, ['check', 'rules', 'rules.yaml']);
  });
}

async function problemsOf(
  promtool: string,
  folder: string,
  args: readonly string[],
): Promise<readonly string[]> {
  try {
    await runCommand(promtool, args, { cwd: folder });
    return [];
  } catch (error) {
    if (error instanceof CommandFailedError) return error.message.split('\n');
    throw error;
  }
}

/** A file of tests is named after its alert. */
function untested(groups: readonly unknown[], files: readonly string[]): AlertTest[] {
  const alerts = groups
    .flatMap((group) => listAt(group, 'rules'))
    .filter((rule) => at(rule, 'alert') !== undefined);
  return alerts.map((rule) => {
    const name = textAt(rule, 'alert') ?? '';
    return {
      title: `${name} has a test`,
      problems: files.includes(`${name}.yaml`) ? [] : [`there is no ${TESTS}/${name}.yaml`],
    };
  });
}
