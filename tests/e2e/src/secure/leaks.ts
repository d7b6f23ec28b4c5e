import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { stackStatus, type RunningStack } from '@meridian/local-stack';
import { formsOfBytes } from '@meridian/testing';
import type { Journey } from './journey.ts';
import type { ProcessList } from './process-list.ts';
import type { Needle } from './secrets.ts';

/** Something that people other than the owner of a secret may read. */
export interface Place {
  /** Its kind, then its name: `log command-service.log`. */
  readonly name: string;
  readonly content: Buffer;
}

/** Every log of services and engines, exported spans, metrics, errors and the process list. */
export async function placesOf(
  { folder, addresses }: RunningStack,
  { shown }: Pick<Journey, 'shown'>,
  processes: ProcessList,
): Promise<readonly Place[]> {
  processes.now();
  const text = (name: string, content: string): Place => ({ name, content: Buffer.from(content) });
  const metrics = await Promise.all(
    Object.entries(addresses.http).map(async ([name, address]) =>
      text(`metrics ${name}`, await contentOf(`http://${address}/metrics`)),
    ),
  );
  return [
    ...(await logsOf(folder)),
    ...metrics,
    text('errors', shown.join('\n')),
    text('processes', [...processes.seen()].join('\n')),
  ];
}

/** Asks on a connection of its own. The service may close a kept one at the moment in which it is used again. */
async function contentOf(url: string): Promise<string> {
  const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  return textOf(answer);
}

/**
 * The logs of a stack, also of one that is stopped. Of the services, these are all files of their folder, spans too. Of
 * each engine, these are its log and every other log beside it.
 */
export async function logsOf(folder: string): Promise<readonly Place[]> {
  const logs = path.join(folder, 'logs');
  const services = filesIn(logs);
  const { engines } = await stackStatus(folder);
  const ofEngines = engines.flatMap((engine) => {
    const file = 'logFile' in engine ? engine.logFile : undefined;
    if (file === undefined) throw new Error(`${engine.name} has no log`);
    return filesIn(path.dirname(file)).filter((one) => one === file || /\.(log|err|txt)/.test(one));
  });
  return [...services, ...ofEngines].map((file) => ({
    name: `log ${path.basename(file)}`,
    content: readFileSync(file),
  }));
}

function filesIn(folder: string): readonly string[] {
  const files = readdirSync(folder, { withFileTypes: true }).filter((file) => file.isFile());
  return files.map(({ name }) => path.join(folder, name));
}

/** Where something was found, as `WHAT in PLACE`, without its text. As it is, in base64, in hexadecimal digits or in a URL. */
export function findIn(places: readonly Place[], needles: readonly Needle[]): readonly string[] {
  const found = needles.flatMap(({ what, text }) => {
    if (text.length < 8) throw new Error(`${what} is too short to be looked for`);
    const forms = [...formsOfBytes(Buffer.from(text)).map(({ bytes }) => bytes), encodeURIComponent(text)];
    const where = places.filter(({ content }) => forms.some((form) => content.includes(form)));
    return where.map(({ name }) => `${what} in ${name}`);
  });
  return [...new Set(found)].sort();
}
