import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceFolder } from '@meridian/engines';

/** One block of commands of a runbook, as a person would paste it. */
export interface RunbookBlock {
  readonly commands: string;
  /** Where it stands, for messages. */
  readonly line: number;
}

/** A block that says in what language its commands are. */
export interface LanguageBlock extends RunbookBlock {
  readonly language: string;
}

const OPENING = /^( *)```(\w+) (\S+)$/;

/** The blocks of a page for a shell that are marked with a name (```sh NAME), in order. */
export function runbook(page: string, name: string): readonly RunbookBlock[] {
  return blocksOf(page, name).filter(({ language }) => language === 'sh');
}

/** The blocks of a page that are marked with a name (```LANGUAGE NAME), in order. */
export function blocksOf(page: string, name: string): readonly LanguageBlock[] {
  const lines = readFileSync(path.join(workspaceFolder(), page), 'utf8').split('\n');
  const blocks: LanguageBlock[] = [];
  for (const [index, text] of lines.entries()) {
    const [, indent = '', language = '', found] = OPENING.exec(text) ?? [];
    if (found !== name) continue;
    const end = lines.indexOf(`${indent}\`\`\``, index + 1);
    const body = lines.slice(index + 1, end).map((line) => line.slice(indent.length));
    blocks.push({ language, commands: body.join('\n'), line: index + 1 });
  }
  return blocks;
}

/**
 * Runs a block in a shell that stops at the first command that fails, `meridian` being this workspace's. Gives what it printed;
 * rejects with that, and the block's line, when a command fails.
 */
export function runBlock(
  { commands, line }: RunbookBlock,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const main = path.join(workspaceFolder(), 'apps/cli/src/main.ts');
  const script = `set -euo pipefail\nmeridian() { "${process.execPath}" "${main}" "$@"; }\n${commands}\n`;
  return new Promise((resolve, reject) => {
    const env = { ...withoutOurs(process.env), ...variables };
    execFile('bash', ['-c', script], { cwd: workspaceFolder(), env }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the runbook's block at line ${line} failed:\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}

/** The environment without the engines that tests share: a runbook works on those of its own stack. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const others = Object.entries(environment).filter(
    ([name]) => !name.startsWith('MERIDIAN_') || name === 'MERIDIAN_CI_MARK',
  );
  return Object.fromEntries(others);
}
