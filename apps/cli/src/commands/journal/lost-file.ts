import { open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { EventEnvelope } from '@meridian/contracts';
import { z } from 'zod';
import { eventLine } from '../../output.ts';

/** What a file of lost events holds. */
export interface LostFile {
  /** How many events are in it. */
  readonly events: number;
  /** How many of these an earlier run wrote, and this run did not find. */
  readonly kept: number;
}

const line = z.object({ eventId: z.string(), position: z.string().regex(/^\d+$/) });

/**
 * Adds lost events to a file, each a line of JSON, in the order of their positions. Events that are in the file already stay,
 * also when Kafka has forgotten them since, as it has after `journal reset-readers`. The file survives a loss of power, and
 * is replaced as a whole: whatever happens, it holds all that it held before. Throws an error, and changes nothing, when
 * the file holds anything else. Empty lines are nothing, so a copy by an editor or a terminal is as good as the file.
 */
export async function addLost(file: string, events: readonly EventEnvelope[]): Promise<LostFile> {
  const before = await linesOf(file);
  const lines = new Map(before);
  for (const event of events) lines.set(event.eventId, { position: event.position, text: eventLine(event) });
  const sorted = [...lines.values()].sort((a, b) => (a.position < b.position ? -1 : 1));
  await replace(file, sorted.map(({ text }) => `${text}\n`).join(''));
  return { events: lines.size, kept: lines.size - events.length };
}

interface Line {
  readonly position: bigint;
  readonly text: string;
}

/** The events of a file by their ids; none where there is no file. A last line that was cut off while it was written is none. */
async function linesOf(file: string): Promise<ReadonlyMap<string, Line>> {
  const found = new Map<string, Line>();
  const texts = ((await readFile(file, 'utf8').catch(unlessMissing)) ?? '').split('\n');
  for (const [index, text] of texts.entries()) {
    if (text.trim() === '') continue;
    const event = parse(text);
    // Only behind an event, a last line without a line end is one that was cut off.
    const isCutOff = !event && index === texts.length - 1 && found.size > 0;
    if (isCutOff) continue;
    const { eventId, position } = event ?? refuse(file, index + 1);
    found.set(eventId, { position: BigInt(position), text });
  }
  return found;
}

function parse(text: string): z.output<typeof line> | undefined {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function refuse(file: string, number: number): never {
  throw new Error(
    `--lost: line ${number} of ${file} is no event, so the file is not of an earlier fence: name another file`,
  );
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Writes a file, to another name first: an end in the middle leaves the file as it was. What is there and empty is written at once. */
async function replace(file: string, text: string): Promise<void> {
  const known = await stat(file).catch(unlessMissing);
  const next = known?.size === 0 ? file : `${file}.next`;
  const handle = await open(next, 'w', known?.mode);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (next !== file) await rename(next, file);
  await syncFolderOf(file);
}

/** Puts the file's name on the disk, too. */
async function syncFolderOf(file: string): Promise<void> {
  const folder = await open(path.dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
