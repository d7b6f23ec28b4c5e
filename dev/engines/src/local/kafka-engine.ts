import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ADMINISTRATOR, type Account } from '../closed/closed-engines.ts';
import { withArgumentFile } from '../closed/java-arguments.ts';
import type { PreparedEngine } from '../engine-state.ts';
import { runCommand } from '../run-command.ts';
import { classPath } from '../sources/java-libraries.ts';
import { engineMark } from './engine-process.ts';
import type { ClosedContext, PrepareContext } from './prepare-context.ts';
import { compilerLevel } from './prepare-context.ts';
import { renderJvmOptions, renderParts, renderTemplate } from './render.ts';

export interface KafkaPorts {
  readonly client: number;
  readonly controller: number;
}

/** A cluster id in Kafka's form: 16 bytes in URL-safe base64. The id must not begin like an option. */
function newClusterId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url');
    if (!id.startsWith('-')) return id;
  }
}

/** Writes Kafka's configuration and, on first use, formats its data folder. */
export async function prepareKafka(
  java: string,
  libraries: string,
  ports: KafkaPorts,
  context: PrepareContext,
): Promise<PreparedEngine> {
  const folder = join(context.dataFolder, 'kafka');
  const data = join(folder, 'data');
  const { templates } = context;
  mkdirSync(folder, { recursive: true });
  const logging = renderTemplate(templates, 'kafka/log4j2.yaml', join(folder, 'log4j2.yaml'));
  const places = { PORT: ports.client, CONTROLLER_PORT: ports.controller };
  const configuration = renderParts(templates, join(folder, 'server.properties'), [
    ['kafka/server.properties', { CONTROLLER_PORT: ports.controller, DATA_FOLDER: data }],
    context.closed
      ? ['kafka/closed.properties', { ...places, ...(await closedValues(context.closed)) }]
      : ['kafka/open.properties', places],
  ]);
  const options = renderJvmOptions(templates, 'kafka/jvm.options', {
    LOG_CONFIGURATION: logging,
    COMPILER_LEVEL: compilerLevel(context.compiler),
  });
  const jvm = [...options, '-cp', classPath(libraries)];
  if (!existsSync(join(data, 'meta.properties'))) {
    context.onProgress({ engine: 'kafka', step: 'start', message: 'kafka: formatting its data folder' });
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '--ignore-formatted',
      '-t',
      newClusterId(),
      '-c',
      configuration,
    ];
    const env = { ...process.env, ...engineMark(context.dataFolder, 'kafka') };
    const args = [...jvm, ...format, ...scramOf(context.closed)];
    await withArgumentFile(join(folder, 'format.arguments'), args, (file) =>
      runCommand(java, [file], { env, signal: context.signal }),
    );
  }
  return {
    launch: {
      command: java,
      args: [...jvm, 'kafka.Kafka', configuration],
      cwd: folder,
      logFile: join(folder, 'kafka.log'),
    },
    from: `libraries in ${libraries}`,
  };
}

/** The broker's own account. */
const BROKER = 'kafka';

async function closedValues({ secrets }: ClosedContext) {
  const { bothFile } = await secrets.identity(BROKER);
  return { PASSWORD: secrets.password(BROKER).text, IDENTITY: bothFile, AUTHORITY: secrets.authorityFile };
}

/** Options of `format` that give every account its password, before anybody can connect. */
function scramOf(closed: ClosedContext | undefined): string[] {
  if (!closed) return [];
  const own = [BROKER, ADMINISTRATOR].map((user): Account => {
    return { user, password: closed.secrets.password(user).text };
  });
  return [...own, ...closed.kafkaAccounts].flatMap(({ user, password }) => [
    '--add-scram',
    `SCRAM-SHA-512=[name=${user},password=${password}]`,
  ]);
}
