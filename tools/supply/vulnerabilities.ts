import { spawn } from 'node:child_process';
import { workspaceEnvironment, workspaceRoot } from '../shell/workspace.ts';

/** What the registry says of known vulnerabilities, or why it says nothing. */
export type Vulnerabilities =
  | { readonly kind: 'answered'; readonly found: readonly string[] }
  | { readonly kind: 'unreachable'; readonly why: string };

const MOST_BYTES = 16 * 1_024 * 1_024;
const LONGEST_MS = 120_000;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads what `npm audit --json` printed. An answer without a list of vulnerabilities counts as none given. */
export function readAudit(printed: string): Vulnerabilities {
  const report = parsed(printed);
  const found = isObject(report) ? report['vulnerabilities'] : undefined;
  if (isObject(found))
    return {
      kind: 'answered',
      found: Object.entries(found).map(([name, one]) => {
        const severity = isObject(one) ? one['severity'] : undefined;
        const range = isObject(one) ? one['range'] : undefined;
        return `${name} ${String(range)}: ${String(severity)}`;
      }),
    };
  const message = isObject(report) ? report['message'] : undefined;
  // The message names the registry's address, which is of no use here.
  const why = typeof message === 'string' ? (message.split(' - ')[0] ?? message) : 'npm printed no report';
  return { kind: 'unreachable', why };
}

/** Asks the registry, for at most two minutes, whether it knows of vulnerabilities in the packages of package-lock.json. */
export async function askForVulnerabilities(): Promise<Vulnerabilities> {
  const child = spawn('npm', ['audit', '--json'], {
    cwd: workspaceRoot,
    env: workspaceEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LONGEST_MS,
  });
  let printed = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (chunk: string) => {
    if (printed.length < MOST_BYTES) printed += chunk;
  });
  await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  return readAudit(printed);
}
