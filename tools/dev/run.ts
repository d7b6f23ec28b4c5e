// `npm run dev -- SERVICE [--region REGION]` runs one service, and restarts it when its sources change. The service has
// the environment of the local stack that is up. The stack's own process of this service is stopped first. What a
// service alone is given is in .meridian/SERVICE.env, what all are given in .meridian/stack.env; a variable set by the
// caller wins over both.
import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { defaultStackFolder, findStack } from '@meridian/local-stack';
import { argumentsOf } from '../shell/arguments.ts';
import { workspaceEnvironment, workspaceRoot } from '../shell/workspace.ts';

const { positionals, values } = argumentsOf({
  allowPositionals: true,
  options: { region: { type: 'string' } },
});

/** Every service by its name: the folder under apps/, a projector as `projector-NAME`, all of them as `projectors`. */
function services(): Map<string, string> {
  const mains = globSync(['apps/*/src/main.ts', 'apps/projectors/*/src/main.ts'], { cwd: workspaceRoot });
  const named = mains.map((main): [string, string] => {
    const folder = dirname(dirname(main)).replace('apps/', '');
    const name = folder === 'projectors/all' ? 'projectors' : folder.replace('projectors/', 'projector-');
    return [name, main];
  });
  return new Map(named.filter(([name]) => name !== 'cli'));
}

function variablesOf(file: string): NodeJS.Dict<string> {
  const path = join(defaultStackFolder(), file);
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}

const known = services();
const [service] = positionals;
const main = service === undefined ? undefined : known.get(service);
if (service === undefined || main === undefined) {
  console.error(
    `Usage: npm run dev -- SERVICE [--region REGION]\nServices: ${[...known.keys()].sort().join(', ')}`,
  );
  process.exit(2);
}
const region = values.region === undefined ? {} : { MERIDIAN_REGION: values.region };
const instance = values.region === undefined ? service : `${service}-${values.region}`;
const stack = findStack();
if (!stack) console.error('No local stack is up (npm run meridian -- up); using the environment as it is.');
else if (stack.serviceNames.includes(instance)) await stack.takeOutService(instance);
else {
  console.error(
    `The stack has no ${instance}; it has: ${stack.serviceNames.join(', ')} (meridian up --separate-projectors has one per projector)`,
  );
  process.exit(2);
}
const env = {
  ...variablesOf('stack.env'),
  ...variablesOf(`${instance}.env`),
  ...workspaceEnvironment(region),
};
const child = spawn('node', ['--watch', '--watch-preserve-output', main], {
  cwd: workspaceRoot,
  env,
  stdio: 'inherit',
});
if (stack)
  console.error(
    `${instance} runs here now; afterwards \`npm run meridian -- up\` starts it in the stack again.`,
  );
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) =>
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
);
