import { describe, expect, it } from 'vitest';
import { decodeLines } from './decode-lines.ts';

const utf8 = (text: string) => Buffer.from(text, 'utf8');

describe('decodeLines', () => {
  it('judges each line by itself: a stray byte spoils its own line and no other', () => {
    const bytes = Buffer.concat([
      utf8('Côte d’Ivoire\nCAFÉ\n'),
      Buffer.from([0xa3, 0x35, 0x0a]),
      utf8('Réunion\n'),
    ]);
    expect(decodeLines(bytes)).toEqual(['Côte d’Ivoire', 'CAFÉ', '£5', 'Réunion', '']);
  });

  it('reads what is UTF-8 as that beside a stray byte of the same line', () => {
    const line = Buffer.concat([utf8('CAFÉ – '), Buffer.from([0xa3, 0x96, 0xc9]), utf8(' Réunion')]);
    expect(decodeLines(line)).toEqual(['CAFÉ – £–É Réunion']);
  });

  it('leaves out a byte order mark, whatever the encoding of the lines is', () => {
    const mark = Buffer.from([0xef, 0xbb, 0xbf]);
    expect(decodeLines(Buffer.concat([mark, utf8('a\né\n')]))).toEqual(['a', 'é', '']);
    expect(decodeLines(Buffer.concat([mark, utf8('a\n'), Buffer.from([0xe9])]))).toEqual(['a', 'é']);
    expect(decodeLines(Buffer.concat([mark, Buffer.from([0xe9])]))).toEqual(['é']);
  });

  it.each([
    ['little-endian', (bytes: Buffer) => bytes],
    ['big-endian', (bytes: Buffer) => Buffer.from(bytes).swap16()],
  ])('reads UTF-16, %s, with a byte order mark or without', (_, order) => {
    for (const mark of ['\uFEFF', ''])
      expect(decodeLines(order(Buffer.from(`${mark}a\r\né–\r\n`, 'utf16le')))).toEqual(['a', 'é–', '']);
  });

  it.each(['\n', '\r\n', '\r'])('ends lines with %j', (end) => {
    expect(decodeLines(utf8(['a', 'é', ''].join(end)))).toEqual(['a', 'é', '']);
    expect(decodeLines(Buffer.from(['a', 'é', ''].join(end), 'latin1'))).toEqual(['a', 'é', '']);
  });

  it('has one empty line for no bytes', () => expect(decodeLines(utf8(''))).toEqual(['']));
});
