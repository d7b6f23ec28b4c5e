import { lstat, open, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Form } from './forms-of.ts';
import { unpackSegment } from './unpack-segment.ts';
import { unpackSstable } from './unpack-sstable.ts';

/** Something to look for, in each of its forms. */
export interface Wanted {
  /** What it is, for the finding. It is not what is looked for. */
  readonly what: string;
  readonly forms: readonly Form[];
}

/** Where something was found. */
export interface Finding {
  readonly what: string;
  /** From the folder that was searched. */
  readonly file: string;
  readonly form: string;
}

const WINDOW_BYTES = 256 * 1024;
/** What stands across the border of two windows is found when it is not longer. */
const OVERLAP_BYTES = 4_096;
const ZEROS = Buffer.alloc(WINDOW_BYTES + OVERLAP_BYTES);

/**
 * Searches every file below a folder as bytes, whatever it is. Segments of Kafka and data files of Cassandra are also
 * searched unpacked. A file that vanishes meanwhile is left out: engines remove files while they run.
 */
export async function searchFiles(folder: string, wanted: readonly Wanted[]): Promise<readonly Finding[]> {
  const found = new Map<string, Finding>();
  const patterns = wanted.flatMap(({ what, forms }) =>
    forms.map((form) => ({ what, form: form.name, bytes: form.bytes })),
  );
  const tooLong = patterns.find((pattern) => pattern.bytes.length > OVERLAP_BYTES);
  if (tooLong) throw new RangeError(`${tooLong.what} is too long to be looked for`);
  // Each piece is searched before the next one is read.
  const window = Buffer.alloc(WINDOW_BYTES + OVERLAP_BYTES);
  for await (const file of filesBelow(folder)) {
    const relative = path.relative(folder, file);
    for await (const piece of piecesOf(file, window)) {
      if (piece.equals(ZEROS.subarray(0, piece.length))) continue;
      for (const { what, form, bytes: pattern } of patterns) {
        const key = `${what} ${relative} ${form}`;
        if (!found.has(key) && piece.includes(pattern)) found.set(key, { what, file: relative, form });
      }
    }
  }
  return [...found.values()];
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  const entries = await orVanished(readdir(folder, { withFileTypes: true }));
  for (const entry of entries ?? []) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(file);
    else if (entry.isFile()) yield file;
  }
}

/** The pieces of a file, one after the other in the same buffer. */
async function* piecesOf(file: string, window: Buffer): AsyncGenerator<Buffer> {
  const handle = await orVanished(open(file));
  if (!handle) return;
  try {
    for (let at = 0; ; at += WINDOW_BYTES) {
      const { bytesRead } = await handle.read(window, 0, window.length, at);
      if (bytesRead > 0) yield window.subarray(0, bytesRead);
      if (bytesRead < window.length) break;
    }
  } finally {
    await handle.close();
  }
  const unpacked = await unpackedOf(file);
  if (unpacked) yield* windowsOf(unpacked);
}

function* windowsOf(whole: Buffer): Generator<Buffer> {
  for (let at = 0; at < whole.length; at += WINDOW_BYTES)
    yield whole.subarray(at, at + WINDOW_BYTES + OVERLAP_BYTES);
}

/** The content of a file that is packed as a rule; undefined for any other file, and for one that vanished. */
async function unpackedOf(file: string): Promise<Buffer | undefined> {
  if (/\/\d{20}\.log$/.test(file)) {
    const segment = await orVanished(readFile(file));
    return segment && unpackSegment(segment);
  }
  if (!file.endsWith('-Data.db')) return undefined;
  const info = await orVanished(readFile(file.replace(/-Data\.db$/, '-CompressionInfo.db')));
  const data = info && (await orVanished(readFile(file)));
  // While an sstable is written, its parts do not fit. It replaces others, or the commit log has what it will hold.
  return info && data && (await isWhole(file)) ? unpackSstable(data, info) : undefined;
}

/** Cassandra writes the table of contents last. */
const isWhole = async (file: string) =>
  (await orVanished(lstat(file.replace(/-Data\.db$/, '-TOC.txt')))) !== undefined;

async function orVanished<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
