import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { devKeysOf, planServices, prepare, stackNames, type ServicePlan } from '@meridian/local-stack';
import { need, type Checks } from '../shell/checks.ts';
import { startLoad, type Load } from './load.ts';
import { startInRoot, statusOf, type ProcessInRoot } from './process-in-root.ts';
import { changesBetween, filesOf } from './root-files.ts';
import type { UnpackedImage } from './unpacked-image.ts';

const START_MS = 120_000;
/** The drain's own limit, and what the last spans and lines may take. */
const END_MS = 25_000;
/**
 * What the reference says for containers. When SIGTERM comes, a call that its caller has begun may still be on its way.
 * With a shorter pause, on a busy machine, such a call would find the port closed.
 */
const AS_IN_CONTAINERS = { MERIDIAN_SHUTDOWN_PAUSE_MS: '5000' };
/** Addresses where nobody listens, on a port that is never given out. */
const NOBODY = '127.0.0.1:1';

async function answerOf(port: number, path: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  return answer?.status ?? 0;
}

/** Asks until the answer is the wanted one. Rejects when the process ends before, or in the end. */
async function whenAnswered(
  running: ProcessInRoot,
  port: number,
  path: string,
  wanted: number,
): Promise<void> {
  const ended = running.exit.then((code) => `it ended with ${code}`);
  const giveUpAt = Date.now() + START_MS;
  for (let last = 0; last !== wanted; last = await answerOf(port, path)) {
    const gone = await Promise.race([ended, pause(100, undefined)]);
    if (gone !== undefined || Date.now() > giveUpAt)
      throw new Error(`${gone ?? `${path} answers ${last}`}: ${running.output().slice(-2_000)}`);
  }
}

async function ends(running: ProcessInRoot, wanted: number): Promise<void> {
  const code = await Promise.race([running.exit, pause(END_MS, undefined, { ref: false })]);
  need(
    code === wanted,
    `${code === undefined ? 'it still runs' : `it exits with ${code}`}: ${running.output().slice(-2_000)}`,
  );
}

async function isAlone(running: ProcessInRoot): Promise<number> {
  const pid = await running.pid();
  const [user, inside, capabilities] = [
    statusOf(pid, 'Uid'),
    statusOf(pid, 'NSpid'),
    statusOf(pid, 'CapEff'),
  ];
  need(
    user.every((uid) => uid === '65532'),
    `it runs as ${user.join(' ')}`,
  );
  need(inside.at(-1) === '1', `inside, its process id is ${inside.at(-1)}`);
  need(/^0+$/.test(capabilities.join('')), `it has the capabilities ${capabilities.join('')}`);
  return pid;
}

/** Runs the image of a plan, has it checked, and ends it whatever happens. */
async function whileRunning(
  image: UnpackedImage,
  plan: ServicePlan,
  use: (running: ProcessInRoot, pid: number) => Promise<void>,
): Promise<void> {
  const { root, config } = image;
  const before = filesOf(root);
  const running = startInRoot({ root, config, environment: { ...plan.environment, ...AS_IN_CONTAINERS } });
  try {
    await whenAnswered(running, plan.httpPort, '/livez', 200);
    await use(running, await isAlone(running));
  } finally {
    running.kill();
    await running.exit;
  }
  const changes = changesBetween(before, filesOf(root));
  need(changes.length === 0, `it has written ${changes.join(', ')}`);
}

/**
 * Runs every image on engines. The first is command-service, which makes the schema and hands out the journal. It stays
 * up while the others are checked one after the other. Projectors come first, since they make the tables that questions
 * read.
 */
export async function runServices(
  images: readonly UnpackedImage[],
  engines: NodeJS.ProcessEnv,
  checks: Checks,
  stop: AbortSignal,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'meridian-images-stack-'));
  const named = Object.fromEntries(
    Object.entries(engines).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
  try {
    const regions = named['MERIDIAN_REGIONS']?.split(',') ?? ['eu-west'];
    const names = stackNames(`images_${process.pid}`);
    await prepare(regions, named, names);
    const plans = await planServices(regions, named, names, devKeysOf(folder), 'separate');
    console.log('\n=== While they run ===\n');
    const [command, ...others] = plans.flatMap((plan) => programOf(plan, images));
    if (command === undefined) throw new Error('there is no image of command-service');
    await checkService(command, checks, async () => {
      for (const other of oneOfEach(others)) {
        stop.throwIfAborted();
        if (other.image.part.name === 'query-service') await checkWithoutEngines(other, checks);
        await checkService(other, checks);
      }
      const cli = images.find(({ part }) => part.name === 'cli');
      if (cli) await checkCli(cli, { ...named, ...command.plan.environment }, checks);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An image, and how its program is run. */
interface Program {
  readonly image: UnpackedImage;
  readonly plan: ServicePlan;
}

function programOf(plan: ServicePlan, images: readonly UnpackedImage[]): readonly Program[] {
  const name = plan.name.replace(/^query-service-.*/, 'query-service');
  return images.filter(({ part }) => part.name === name).map((image) => ({ image, plan }));
}

/** One region's query-service stands for those of all. */
function oneOfEach(programs: readonly Program[]): readonly Program[] {
  return programs.filter(
    ({ image }, index) => programs.findIndex((other) => other.image === image) === index,
  );
}

/** Checks a program on engines; `meanwhile` runs while it is ready. */
async function checkService(
  { image, plan }: Program,
  { check }: Checks,
  meanwhile = async (): Promise<void> => {},
): Promise<void> {
  const { name } = image.part;
  const load = loadOf(name);
  const how = load ? 'under load' : 'idle';
  await check(`${name}: is ready as user 65532 on a read-only root, and ends with 0 at SIGTERM, ${how}`, () =>
    whileRunning(image, plan, async (running, pid) => {
      await whenAnswered(running, plan.httpPort, '/readyz', 200);
      await meanwhile();
      const calls = load && startLoad(`127.0.0.1:${plan.grpcPort}`, load);
      await calls?.flowing();
      process.kill(pid, 'SIGTERM');
      calls?.stopping();
      await ends(running, 0);
      await calls?.end();
    }),
  );
}

async function checkWithoutEngines({ image, plan }: Program, { check }: Checks): Promise<void> {
  await check(`${image.part.name}: lives without any engine, is not ready, and ends with 0 at SIGTERM`, () =>
    whileRunning(image, withoutEngines(plan), async (running, pid) => {
      need((await answerOf(plan.httpPort, '/readyz')) === 503, 'it says that it is ready');
      process.kill(pid, 'SIGTERM');
      await ends(running, 0);
    }),
  );
}

function loadOf(name: string): Load | undefined {
  if (name === 'command-service') return 'commands';
  return name === 'query-service' ? 'questions' : undefined;
}

const ENGINES = /^MERIDIAN_(CASSANDRA|KAFKA_BROKERS|MYSQL_URL)/;

function withoutEngines(plan: ServicePlan): ServicePlan {
  const environment = Object.entries(plan.environment).map(([name, value]) => {
    const nobody = name === 'MERIDIAN_CASSANDRA_FALLBACKS' ? '' : NOBODY;
    return [name, ENGINES.test(name) ? nobody : value] as const;
  });
  return { ...plan, environment: Object.fromEntries(environment) };
}

async function checkCli(
  { root, config }: UnpackedImage,
  environment: Readonly<Record<string, string>>,
  { check }: Checks,
): Promise<void> {
  await check('cli: verifies the journal from its image', async () => {
    const running = startInRoot({ root, config, environment, args: ['journal', 'verify', '--json'] });
    await ends(running, 0);
  });
}
