import { describe, expect, it } from 'vitest';
import { FileFormatError } from './file-layout.ts';
import { DateOrderError } from './invoice-dates.ts';
import { parseFile } from './parse-file.ts';

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
const GOOD = '536365,85123A,"HOLDER, WHITE",6,12/1/10 8:26,2.5,17850,United Kingdom';

const utf8 = (text: string) => Buffer.from(text, 'utf8');
const parsed = (...lines: string[]) => parseFile(utf8([HEADER, ...lines, ''].join('\n')), 'mdy');

describe('parseFile', () => {
  it('reads a line with a quoted cell, in minor units and at the UK’s time', () => {
    const { lines, rejects } = parsed(GOOD);
    expect(rejects).toEqual([]);
    expect(lines).toEqual([
      {
        lineNo: 2,
        raw: GOOD,
        invoiceNo: '536365',
        stockCode: '85123A',
        description: 'HOLDER, WHITE',
        quantity: 6n,
        invoicedAt: new Date('2010-12-01T08:26:00Z'),
        unitPriceMinor: 250n,
        customerId: '17850',
        country: 'United Kingdom',
      },
    ]);
  });

  it('takes the names that the data set has for countries, each for the one name of its country', () => {
    const theirs = [
      'EIRE',
      'RSA',
      'USA',
      'Czech Republic',
      'European Community',
      'Channel Islands',
      'Atlantis',
    ];
    const { lines } = parsed(...theirs.map((name) => GOOD.replace('United Kingdom', name)));
    expect(lines.map(({ country }) => country)).toEqual([
      'Ireland',
      'South Africa',
      'United States',
      'Czechia',
      'European Union',
      'Channel Islands',
      'Atlantis',
    ]);
    const [reject] = parsed(GOOD.replace(',6,', ',six,').replace('United Kingdom', 'EIRE')).rejects;
    expect(reject?.country).toBe('Ireland');
  });

  it('knows summer time, and years of four digits', () => {
    const [line] = parsed(GOOD.replace('12/1/10 8:26', '7/1/2011 8:26')).lines;
    expect(line?.invoicedAt).toEqual(new Date('2011-07-01T07:26:00Z'));
  });

  it.each([
    ['WRONG_COLUMN_COUNT', 'a,b,c'],
    ['MALFORMED_QUANTITY', GOOD.replace(',6,', ',six,')],
    ['MALFORMED_PRICE', GOOD.replace('2.5,', '2.555,')],
    ['MALFORMED_DATE', GOOD.replace('12/1/10', '2/30/10')],
    ['MALFORMED_DATE', GOOD.replace('12/1/10', '12/1/0099')],
    ['UNCLOSED_QUOTE', GOOD.replace('WHITE"', 'WHITE')],
  ])('rejects with %s, keeping the line and its number', (reason, line) => {
    const { lines, rejects } = parsed(GOOD, line);
    expect(lines).toHaveLength(1);
    expect(rejects).toMatchObject([{ lineNo: 3, reason, raw: line }]);
  });

  it('tells a date’s reject what the line comes to, and has no amount where there is none', () => {
    expect(parsed(GOOD.replace('12/1/10', '2/30/10')).rejects[0]?.amountMinor).toBe(1500n);
    expect(parsed(GOOD.replace(',6,', ',six,')).rejects[0]?.amountMinor).toBeUndefined();
  });

  it('loses one line to a quote that is never closed, and goes on', () => {
    const broken = GOOD.replace('WHITE"', 'WHITE');
    const { lines, rejects } = parsed(GOOD, broken, GOOD, '', GOOD);
    expect(lines.map(({ lineNo }) => lineNo)).toEqual([2, 4, 6]);
    expect(rejects).toMatchObject([{ lineNo: 3, reason: 'UNCLOSED_QUOTE', raw: broken }]);
  });

  it('takes quotes inside of a cell as they are', () => {
    const [inches, doubled] = parsed(
      GOOD.replace('"HOLDER, WHITE"', 'PLATE 6" BLUE'),
      GOOD.replace('"HOLDER, WHITE"', '"PLATE ""BLUE"", 6"'),
    ).lines;
    expect([inches?.description, doubled?.description]).toEqual(['PLATE 6" BLUE', 'PLATE "BLUE", 6']);
  });

  it('takes a byte order mark and Windows line ends', () => {
    const { lines } = parseFile(utf8(`\uFEFF${HEADER}\r\n${GOOD}\r\n`), 'mdy');
    expect(lines).toMatchObject([{ raw: GOOD, country: 'United Kingdom' }]);
  });

  it('reads UTF-8, and a file that is none as Windows-1252, keeping the line as it stands', () => {
    const line = GOOD.replace('WHITE', '£5 – CAFÉ');
    const windows = Buffer.from(
      [...`${HEADER}\n${line}\na£b\n`].map((sign) => (sign === '–' ? 0x96 : sign.charCodeAt(0))),
    );
    for (const file of [utf8(`${HEADER}\n${line}\na£b\n`), windows]) {
      const { lines, rejects } = parseFile(file, 'mdy');
      expect(lines).toMatchObject([{ raw: line, description: 'HOLDER, £5 – CAFÉ' }]);
      expect(rejects).toMatchObject([{ raw: 'a£b' }]);
    }
  });

  it('refuses another format, and says what it wants', () => {
    const other = utf8('a,b\n1,2\n');
    expect(() => parseFile(other)).toThrow(FileFormatError);
    expect(() => parseFile(other)).toThrow(HEADER);
  });

  it.each([
    ['nothing of it', 'a,b', 'InvoiceNo, StockCode'],
    ['a part', HEADER.replace(',Quantity', ''), 'missing or named twice: Quantity'],
    ['a column twice', `${HEADER},Invoice`, 'missing or named twice: InvoiceNo'],
    ['a workbook', 'PK\u0003\u0004', 'save it as CSV'],
  ])('says what is wrong with a header that has %s', (_, header, said) => {
    expect(() => parseFile(utf8(`${header}\n`))).toThrow(said);
  });

  it('identifies the content: the same for the same bytes only', () => {
    expect(parsed(GOOD).contentId).toBe(parsed(GOOD).contentId);
    expect(parsed(GOOD).contentId).not.toBe(parsed(GOOD, GOOD).contentId);
  });
});

describe('the dates of a file', () => {
  const dated = (...dates: string[]) =>
    utf8([HEADER, ...dates.map((date) => GOOD.replace('12/1/10 8:26', date)), ''].join('\n'));

  it('are all read in the order that one of them proves', () => {
    const { lines, rejects } = parseFile(dated('01/12/2010 08:26', '13/12/2010 08:26'));
    expect(rejects).toEqual([]);
    expect(lines.map(({ invoicedAt }) => invoicedAt.toISOString().slice(0, 10))).toEqual([
      '2010-12-01',
      '2010-12-13',
    ]);
  });

  it('are not guessed: the order must be named when no line decides', () => {
    const open = dated('01/12/2010 08:26', '02/12/2010 08:26');
    expect(() => parseFile(open)).toThrow(DateOrderError);
    expect(parseFile(open, 'dmy').lines[1]?.invoicedAt).toEqual(new Date('2010-12-02T08:26:00Z'));
    expect(parseFile(open, 'mdy').lines[1]?.invoicedAt).toEqual(new Date('2010-02-12T08:26:00Z'));
  });
});

describe('a file as other programs write it', () => {
  const TAKEN = {
    invoiceNo: '536365',
    stockCode: '85123A',
    description: 'HOLDER, WHITE',
    quantity: 6n,
    invoicedAt: new Date('2010-12-01T08:26:00Z'),
    unitPriceMinor: 250n,
    customerId: '17850',
    country: 'United Kingdom',
  };
  const II = 'Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country';
  const quoted = (line: string) => line.split(',').map((cell) => `"${cell}"`);

  it.each([
    [
      'every cell quoted',
      [
        quoted(HEADER).join(','),
        `"536365","85123A","HOLDER, WHITE","6","12/1/10 8:26","2.5","17850","United Kingdom"`,
      ],
    ],
    ['a space after every comma', [HEADER.replaceAll(',', ', '), GOOD.replace(/,(?! WHITE)/g, ', ')]],
    [
      'semicolons and decimal commas',
      [HEADER.replaceAll(',', ';'), '536365;85123A;HOLDER, WHITE;6;12/1/10 8:26;2,5;17850;United Kingdom'],
    ],
    [
      'tabs',
      [
        HEADER.replaceAll(',', '\t'),
        '536365\t85123A\t"HOLDER, WHITE"\t6\t12/1/10 8:26\t2.5\t17850\tUnited Kingdom',
      ],
    ],
    [
      'Online Retail II’s header and ISO dates',
      [II, GOOD.replace('12/1/10 8:26', '2010-12-01 08:26:00').replace('17850', '17850.0')],
    ],
    [
      'an index and columns in another order',
      [
        `,Country,${HEADER.replace(',Country', '')}`,
        `0,United Kingdom,${GOOD.replace(',United Kingdom', '')}`,
      ],
    ],
    [
      'fractions of zero',
      [HEADER, GOOD.replace(',6,', ',6.0,').replace('17850', '17850.0').replace('536365', '536365.0')],
    ],
    ['lines of nothing but separators at its end', [HEADER, GOOD, ',,,,,,,', '  ']],
  ])('is read with %s', (_, lines) => {
    const parsedFile = parseFile(utf8([...lines, ''].join('\n')), 'mdy');
    expect(parsedFile.rejects).toEqual([]);
    expect(parsedFile.lines).toEqual([{ ...TAKEN, lineNo: 2, raw: lines[1] }]);
  });

  it.each(['nan', 'NULL', '0', '0.0', ''])(
    'has no customer, invoice or country where it says %j',
    (nothing) => {
      const { lines } = parsed(GOOD.replace('17850', nothing));
      expect(lines).toMatchObject([{ customerId: '' }]);
      if (nothing.startsWith('0')) return;
      const others = GOOD.replace('536365', nothing)
        .replace('United Kingdom', nothing)
        .replace('"HOLDER, WHITE"', nothing);
      expect(parsed(others).lines).toMatchObject([{ invoiceNo: '', country: '', description: '' }]);
    },
  );

  it('has a line of Namibia, whose code other cells say nothing with', () => {
    const lines = [GOOD.replace('United Kingdom', 'NA'), GOOD.replace('"HOLDER, WHITE"', 'NA')];
    expect(parsed(...lines).lines).toMatchObject([{ country: 'Namibia' }, { description: '' }]);
  });

  it('loses only the line whose ISO date does not exist', () => {
    const { lines, rejects } = parsed(
      ...['2011-02-30 08:26', '2011-07-01T08:26:00', '2011-07-01'].map((date) =>
        GOOD.replace('12/1/10 8:26', date),
      ),
    );
    expect(rejects).toMatchObject([{ lineNo: 2, reason: 'MALFORMED_DATE' }]);
    expect(lines.map(({ invoicedAt }) => invoicedAt.toISOString())).toEqual([
      '2011-07-01T07:26:00.000Z',
      '2011-06-30T23:00:00.000Z',
    ]);
  });

  it('keeps the names of all other lines when one byte is of another encoding', () => {
    const line = (name: string, country: string) =>
      GOOD.replace('"HOLDER, WHITE"', name).replace('United Kingdom', country);
    const [before, after] = [line('CAFÉ', 'Côte d’Ivoire'), line('MÜSLI', 'Österreich')];
    const bytes = [
      utf8(`\uFEFF${HEADER}\n${before}\n`),
      Buffer.from(`${line('£ SIGN', 'France')}\n`, 'latin1'),
      utf8(`${after}\n`),
    ];
    const { lines } = parseFile(Buffer.concat(bytes), 'mdy');
    expect(lines.map(({ description, country }) => [description, country])).toEqual([
      ['CAFÉ', "Côte d'Ivoire"],
      ['£ SIGN', 'France'],
      ['MÜSLI', 'Österreich'],
    ]);
  });
});
