import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formsOfBytes, formsOfText } from './forms-of.ts';
import { searchFiles } from './search-files.ts';

const TEXT = 'Erin Quill-7c1QXZ';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'meridian-search-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function formsFound(content: Buffer): Promise<readonly string[]> {
  await mkdir(path.join(folder, 'a'), { recursive: true });
  await writeFile(path.join(folder, 'a/file'), content);
  const findings = await searchFiles(folder, [{ what: 'name', forms: formsOfText(TEXT) }]);
  return [...new Set(findings.map(({ form, file }) => `${file} ${form}`))];
}

describe('a search in files', () => {
  it.each<readonly [string, (text: string) => Buffer, string]>([
    ['as it is', (text) => Buffer.from(`--${text}--`), 'as it is'],
    ['in lower case', (text) => Buffer.from(text.toLowerCase()), 'as it is'],
    ['in upper case', (text) => Buffer.from(text.toUpperCase()), 'as it is'],
    ['in UTF-16, little end first', (text) => Buffer.from(`--${text}--`, 'utf16le'), 'in UTF-16'],
    ['in UTF-16, big end first', (text) => Buffer.from(`--${text}--`, 'utf16le').swap16(), 'in UTF-16'],
    ['in base64', (text) => Buffer.from(Buffer.from(`${text}, 12`).toString('base64')), 'in base64'],
    [
      'in base64 behind one byte',
      (text) => Buffer.from(Buffer.from(`a${text}b`).toString('base64')),
      'in base64',
    ],
    ['in base64 behind two', (text) => Buffer.from(Buffer.from(`ab${text}`).toString('base64')), 'in base64'],
    ['in hexadecimal digits', (text) => Buffer.from(Buffer.from(text).toString('hex')), 'in hex'],
    ['in large ones', (text) => Buffer.from(Buffer.from(text).toString('hex').toUpperCase()), 'in hex'],
  ])('finds a text %s', async (_how, encode, form) => {
    expect(await formsFound(encode(TEXT))).toEqual([`a/file ${form}`]);
  });

  it('finds what stands across two pieces of a file, and nothing where nothing is', async () => {
    const content = Buffer.alloc(600_000);
    expect(await formsFound(content)).toEqual([]);
    content.write(TEXT, 256 * 1024 - 5);
    expect(await formsFound(content)).toEqual(['a/file as it is']);
    content.fill(0).write(TEXT, content.length - TEXT.length);
    expect(await formsFound(content)).toEqual(['a/file as it is']);
  });

  it('refuses what would be found by chance', () => {
    expect(() => formsOfBytes(Buffer.from('short'))).toThrow(RangeError);
  });
});
