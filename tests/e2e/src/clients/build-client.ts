import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  globSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import path from 'node:path';
import {
  CommandFailedError,
  cacheFolder,
  cachedFolder,
  runCommand,
  workspaceFolder,
} from '@meridian/engines';
import { buf } from '../buf-curl.ts';
import { clientsFolder, javaProgram, type Language } from './toolchains.ts';

/** A client that is ready to run. */
export interface BuiltClient {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

const contract = path.join(workspaceFolder(), 'proto');
const contractFiles = () => globSync('meridian/**/*.proto', { cwd: contract }).sort();

/** How many builds of one language are kept: those of a few branches, each of some 30 MB. */
const BUILDS_KEPT = 5;

/** The packages of a language cannot be had on this machine: their registry does not answer. */
export class RegistryAwayError extends Error {
  override readonly name = 'RegistryAwayError';
}

/** What pip, go and Maven print when a registry cannot be reached or refuses everything. */
const REGISTRY_AWAY =
  /NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|name resolution|no such host|dial tcp|i\/o timeout|proxyconnect|Connect(?:ion)? (?:timed out|refused|reset)|Unknown host|UnknownHostException|\b(?:403 Forbidden|50[234] )/i;

/**
 * Builds the client of a language with the tools that the language's programmers use, from the contract and from packages of the
 * language's own registry. Nothing is written into the source tree. The cache keeps a build under a hash of all that went into it, so
 * that the next one of the same sources is quick. Rejects with what the tools printed when they fail, and with a RegistryAwayError when
 * that says that the registry of the packages cannot be reached.
 */
export async function buildClient(language: Language, signal: AbortSignal): Promise<BuiltClient> {
  const build = { python: buildPython, go: buildGo, java: buildJava }[language];
  try {
    return await build(signal);
  } catch (error) {
    if (!(error instanceof CommandFailedError)) throw error;
    if (REGISTRY_AWAY.test(error.message))
      throw new RegistryAwayError(`the registry of its packages cannot be reached\n${error.message}`);
    throw new Error(`The ${language} client could not be built.\n${error.message}`, { cause: error });
  }
}

async function buildPython(signal: AbortSignal): Promise<BuiltClient> {
  const program = source('python', 'client.py');
  const requirements = source('python', 'requirements.txt');
  const version = await runCommand('python3', ['-c', 'import sys; print(sys.version, sys.executable)'], {
    signal,
  });
  const packages = await cached('python-packages', [version, read(requirements)], signal, async (folder) => {
    await runCommand('python3', ['-m', 'venv', folder], { signal });
    const install = ['install', '--quiet', '--no-input', '--disable-pip-version-check', '-r', requirements];
    await runCommand(path.join(folder, 'bin/python'), ['-m', 'pip', ...install], { signal });
  });
  const python = path.join(packages, 'bin/python');
  const templates = ['buf.gen.yaml', 'grpc_plugin.py'];
  const texts = templates.map((file) => read(source('python', file)));
  const generated = await cached(
    'python',
    [packages, ...texts, ...contractTexts()],
    signal,
    async (folder) => {
      for (const file of templates) cpSync(source('python', file), path.join(folder, file));
      const PATH = [path.join(packages, 'bin'), process.env['PATH']].join(path.delimiter);
      await runCommand(buf, ['generate', contract], { cwd: folder, env: { ...process.env, PATH }, signal });
      for (const file of templates) rmSync(path.join(folder, file));
    },
  );
  const env = { ...process.env, PYTHONPATH: generated, PYTHONDONTWRITEBYTECODE: '1' };
  return { command: python, args: [program], env };
}

async function buildGo(signal: AbortSignal): Promise<BuiltClient> {
  const files = ['go.mod', 'go.sum', 'buf.gen.yaml', ...globSync('*.go', { cwd: source('go', '.') }).sort()];
  const texts = files.map((file) => read(source('go', file)));
  const version = await runCommand('go', ['version'], { signal });
  const env = { ...process.env, CGO_ENABLED: '0' };
  const built = await cached('go', [version, ...texts, ...contractTexts()], signal, async (folder) => {
    const cwd = path.join(folder, 'src');
    for (const file of files) cpSync(source('go', file), path.join(cwd, file));
    await runCommand(buf, ['generate', contract], { cwd, env, signal });
    await runCommand('go', ['build', '-ldflags=-s -w', '-o', '../client', '.'], { cwd, env, signal });
    rmSync(cwd, { recursive: true });
  });
  return { command: path.join(built, 'client'), args: [], env };
}

async function buildJava(signal: AbortSignal): Promise<BuiltClient> {
  const files = [
    'pom.xml',
    'buf.gen.yaml',
    ...globSync('src/**/*.java', { cwd: source('java', '.') }).sort(),
  ];
  const texts = files.map((file) => read(source('java', file)));
  const java = javaProgram('java', process.env) ?? 'java';
  // For programs that run a few seconds: less time for compiling them well.
  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const env = { ...process.env, MAVEN_OPTS: quick.join(' ') };
  const built = await cached('java', [java, ...texts, ...contractTexts()], signal, async (folder) => {
    const target = path.join(folder, 'target');
    const maven = (phase: string) =>
      runCommand('mvn', ['-B', '-C', '-f', source('java', 'pom.xml'), `-Dmade=${target}`, phase], {
        env,
        signal,
      });
    await maven('initialize');
    const tools = path.join(target, 'tools');
    for (const name of readdirSync(tools)) chmodSync(path.join(tools, name), 0o755);
    const template = ['--template', source('java', 'buf.gen.yaml')];
    await runCommand(buf, ['generate', contract, ...template], { cwd: folder, signal });
    await maven('compile');
    const used = ['classes', 'lib'];
    const rest = readdirSync(target).filter((name) => !used.includes(name));
    for (const name of rest) rmSync(path.join(target, name), { recursive: true });
  });
  const classPath = ['classes', 'lib/*'].map((part) => path.join(built, 'target', part)).join(path.delimiter);
  return { command: java, args: [...quick, '-cp', classPath, 'client.Client'], env: process.env };
}

const source = (language: Language, file: string) => path.join(clientsFolder, language, file);
const read = (file: string) => readFileSync(file, 'utf8');
const contractTexts = () => contractFiles().map((file) => read(path.join(contract, file)));

/** The folder of the cache for what is made of these texts, filled where it is not there yet. */
async function cached(
  what: string,
  madeOf: readonly string[],
  signal: AbortSignal,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(madeOf)).digest('hex').slice(0, 12);
  const cache = path.join(cacheFolder(process.env), 'clients');
  const folder = await cachedFolder(path.join(cache, `${what}-${hash}`), fill, { signal });
  utimesSync(folder, new Date(), new Date());
  forgetOldBuilds(cache, new RegExp(`^${what}-[0-9a-f]{12}$`));
  return folder;
}

/** Removes all but the builds that were used last. */
function forgetOldBuilds(cache: string, isBuild: RegExp): void {
  const lastUsed = (name: string) => statSync(path.join(cache, name)).mtimeMs;
  const builds = readdirSync(cache)
    .filter((name) => isBuild.test(name))
    .map((name) => ({ name, at: lastUsed(name) }))
    .sort((a, b) => b.at - a.at);
  for (const { name } of builds.slice(BUILDS_KEPT))
    rmSync(path.join(cache, name), { recursive: true, force: true });
}
