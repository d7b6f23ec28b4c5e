import { businessDay } from '@meridian/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindOf, messageIn, requestTypes, type Kind } from './testing/test-descriptors.ts';
import { validRequests } from './testing/test-requests.ts';
import { checkRequest, requestRules, validateRequest } from './validate.ts';
import type { DescMessage } from '@bufbuild/protobuf';

type Path = readonly (string | number)[];

const at = (path: string) => (violations: readonly { field: string }[]) =>
  violations.map(({ field }) => field).includes(path);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** A deep copy of a request with another value in one place. */
function replaced(value: unknown, path: Path, garbage: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return garbage;
  if (Array.isArray(value) && value.length > 0)
    return value.map((item: unknown, index) => (index === step ? replaced(item, rest, garbage) : item));
  if (!isRecord(value) || value[step] === undefined)
    throw new Error(`${path.join('.')} is not set in the valid request of test-requests.ts: set it`);
  return { ...value, [step]: replaced(value[step], rest, garbage) };
}

interface Leaf {
  readonly method: string;
  readonly path: Path;
  /** The path in proto names, as the violation must name it. */
  readonly field: string;
  readonly kind: Kind;
}

function leavesOf(method: string, type: DescMessage, path: Path = [], parent = ''): Leaf[] {
  return type.fields.flatMap((field) => {
    const isList = field.fieldKind === 'list';
    const here = [...path, field.localName, ...(isList ? [0] : [])];
    const name = `${parent}${parent ? '.' : ''}${field.name}${isList ? '[0]' : ''}`;
    const inner = messageIn(field);
    return inner
      ? leavesOf(method, inner, here, name)
      : [{ method, path: here, field: name, kind: kindOf(field) }];
  });
}

const leaves = requestTypes.flatMap(({ path, type }) => leavesOf(path, type));

const garbage: Readonly<Record<Kind, fc.Arbitrary<unknown>>> = {
  text: fc.oneof(
    fc.constantFrom(
      '\u0000',
      'a\u0007b',
      'a\rb',
      'broken \uFFFD text',
      '\u001b[31m',
      'x'.repeat(5_000),
      '\u009f',
    ),
    fc.string({ minLength: 1_025, maxLength: 3_000 }),
    fc.constantFrom(7, null, {}, []),
  ),
  int64: fc.oneof(
    fc.constantFrom(-(2n ** 63n), 2n ** 63n - 1n, 3, '3', null),
    fc.bigInt({ min: 2n ** 61n, max: 2n ** 63n - 1n }),
  ),
  uint64: fc.constantFrom(0n, 2n ** 63n, 2n ** 64n - 1n, -1n, 3, '3'),
  uint32: fc.oneof(
    fc.integer({ min: 10_000, max: 2 ** 32 - 1 }),
    fc.constantFrom(-1, 1.5, Number.NaN, 3n, '3', null),
  ),
  enum: fc.constantFrom(-1, 99, 2 ** 31 - 1, 'CONTEXT_ORDERS', null),
  instant: fc.constantFrom(
    new Date(Number.NaN),
    new Date(-1),
    new Date('+010000-01-01T00:00:00Z'),
    new Date(-62_135_596_800_000),
    '2010-12-01',
    null,
  ),
};

describe('the rules of requests', () => {
  it('exist for every method, and for no other', () => {
    expect([...requestRules.keys()].sort()).toEqual(requestTypes.map(({ path }) => path).sort());
    expect(Object.keys(validRequests).sort()).toEqual(requestTypes.map(({ path }) => path).sort());
  });

  it.each(requestTypes.map(({ path }) => path))('let a valid request pass: %s', (path) => {
    expect(validateRequest(path, validRequests[path])).toEqual([]);
  });

  it.each(leaves)(
    'have one for $field of $method: garbage there, and only there, is refused by name',
    (leaf) => {
      fc.assert(
        fc.property(garbage[leaf.kind], (value) => {
          const request = replaced(validRequests[leaf.method], leaf.path, value);
          const fields = new Set(validateRequest(leaf.method, request).map(({ field }) => field));
          expect([...fields]).toEqual([leaf.field]);
        }),
        { numRuns: 30 },
      );
    },
  );

  it('do not judge a range from what is no day', () => {
    const path = '/meridian.sales.v1.SalesQueryService/GetDailySales';
    expect(fieldsRefused(path, { fromDay: `0${' '.repeat(900)}`, toDay: '2010-12-01' })).toEqual([
      'from_day',
    ]);
  });

  it('are closed: a field that they do not name is refused', () => {
    for (const { path } of requestTypes)
      expect(validateRequest(path, { ...validRequests[path], somethingNew: 1 })).toEqual([
        { field: 'something_new', description: 'is not known' },
      ]);
  });

  it('throw for a method that nobody wrote a rule for', () => {
    expect(() => validateRequest('/meridian.orders.v1.OrdersCommandService/Nothing', {})).toThrow('no rule');
  });
});

const place = '/meridian.orders.v1.OrdersCommandService/PlaceOrder';
const daily = '/meridian.sales.v1.SalesQueryService/GetDailySales';
const top = '/meridian.sales.v1.SalesQueryService/ListTopProducts';
const register = '/meridian.customers.v1.CustomersCommandService/RegisterCustomer';
const getOrder = '/meridian.orders.v1.OrdersQueryService/GetOrder';

function fieldsRefused(path: string, changes: Record<string, unknown>): string[] {
  return validateRequest(path, { ...validRequests[path], ...changes }).map(({ field }) => field);
}

describe('single rules', () => {
  it('say that a message is required', () => {
    expect(
      validateRequest('/meridian.orders.v1.OrdersCommandService/PayOrder', {
        ...validRequests['/meridian.orders.v1.OrdersCommandService/PayOrder'],
        amount: undefined,
      }),
    ).toEqual([{ field: 'amount', description: 'is required' }]);
  });

  it('bound lists and name what is in them', () => {
    const line = { productId: '85123A', quantity: 1n, unitPrice: undefined };
    expect(fieldsRefused(place, { lines: [] })).toEqual(['lines']);
    expect(fieldsRefused(place, { lines: new Array(1_200).fill(line) })).toEqual([]);
    expect(fieldsRefused(place, { lines: new Array(1_201).fill(line) })).toEqual(['lines']);
    expect(fieldsRefused(place, { lines: [line, { ...line, quantity: 0n }] })).toEqual(['lines[1].quantity']);
  });

  it('refuse what is there twice', () => {
    expect(
      fieldsRefused('/meridian.catalog.v1.CatalogQueryService/BatchGetProducts', {
        productIds: ['a', 'b', 'a'],
      }),
    ).toEqual(['product_ids[2]']);
    const lines = [
      { lineNo: 1, quantity: 1n },
      { lineNo: 1, quantity: 2n },
    ];
    expect(fieldsRefused('/meridian.orders.v1.OrdersCommandService/ReturnItems', { lines })).toEqual([
      'lines[1].line_no',
    ]);
    const entry = { context: 1, partition: 0, position: 1n };
    expect(fieldsRefused(getOrder, { read: { token: { entries: [entry, entry] } } })).toEqual([
      'read.token.entries[1].partition',
    ]);
  });

  it('bound a token: 48 entries, partitions below 12, contexts that are set', () => {
    const all = [1, 2, 3, 4].flatMap((context) =>
      Array.from({ length: 12 }, (_, partition) => ({ context, partition, position: 1n })),
    );
    expect(fieldsRefused(getOrder, { read: { token: { entries: all } } })).toEqual([]);
    expect(fieldsRefused(getOrder, { read: { token: { entries: [...all, all[0]] } } })[0]).toBe(
      'read.token.entries',
    );
    expect(
      fieldsRefused(getOrder, {
        read: { token: { entries: [{ context: 1, partition: 12, position: 1n }] } },
      }),
    ).toEqual(['read.token.entries[0].partition']);
    expect(
      fieldsRefused(getOrder, { read: { token: { entries: [{ context: 0, partition: 1, position: 1n }] } } }),
    ).toEqual(['read.token.entries[0].context']);
  });

  it('know the calendar', () => {
    for (const fromDay of ['2011-02-29', '2011-13-01', '2011-1-1', '0000-01-01', '1969-12-31', 'today', ''])
      expect(fieldsRefused(daily, { fromDay, toDay: '' })).toEqual(['from_day']);
    expect(fieldsRefused(daily, { fromDay: '2012-02-29', toDay: '' })).toEqual([]);
    expect(fieldsRefused(daily, { fromDay: '2012-03-01', toDay: '2012-02-29' })).toEqual(['to_day']);
    expect(fieldsRefused(daily, { fromDay: '2010-12-01', toDay: '2011-12-03' })).toEqual(['to_day']);
    expect(fieldsRefused(top, { fromDay: '2011-01-01', toDay: '2011-02-02' })).toEqual(['to_day']);
  });

  it('take business times whose day is one of the calendar in every time zone', () => {
    const first = new Date('1970-01-01T12:00:00Z');
    const last = new Date('9999-12-31T09:59:59.999Z');
    const days = (instant: Date) =>
      Intl.supportedValuesOf('timeZone').map((zone) => businessDay(instant, zone));
    const shown = [...new Set([first, last].flatMap(days))];
    expect(shown.filter((fromDay) => fieldsRefused(daily, { fromDay, toDay: '' }).length > 0)).toEqual([]);
    for (const placedAt of [first, last]) expect(fieldsRefused(place, { placedAt })).toEqual([]);
    for (const placedAt of [new Date(first.getTime() - 1), new Date(last.getTime() + 1), new Date(0)])
      expect([placedAt, fieldsRefused(place, { placedAt })]).toEqual([placedAt, ['placed_at']]);
  });

  it('count characters, not UTF-16 units, and refuse what is blank', () => {
    expect(fieldsRefused(register, { name: '🎁'.repeat(200) })).toEqual([]);
    expect(fieldsRefused(register, { name: '🎁'.repeat(201) })).toEqual(['name']);
    expect(fieldsRefused(register, { name: '   ' })).toEqual(['name']);
    expect(fieldsRefused(register, { name: 'two\nlines' })).toEqual(['name']);
    expect(fieldsRefused(register, { email: 'nobody' })).toEqual(['email']);
    expect(fieldsRefused(register, { email: '', address: '', customerId: '' })).toEqual([]);
  });

  it('take new amounts in currencies in use only, and stored ones in withdrawn currencies too', () => {
    const create = '/meridian.catalog.v1.CatalogCommandService/CreateProduct';
    const pay = '/meridian.orders.v1.OrdersCommandService/PayOrder';
    const refused = (path: string, field: string, code: string) =>
      fieldsRefused(path, { [field]: { currencyCode: code, amountMinor: 100n } });
    for (const code of ['VED', 'CLF', 'UYW', 'CHE', 'USN'])
      expect(refused(create, 'price', code)).toEqual([]);
    for (const code of ['HRK', 'SLL', 'ZWL', 'ANG', 'XAU', 'XXX', 'XTS'])
      expect(refused(create, 'price', code)).toEqual(['price.currency_code']);
    expect(refused(pay, 'amount', 'HRK')).toEqual([]);
    expect(refused(pay, 'amount', 'ZZZ')).toEqual(['amount.currency_code']);
    expect(fieldsRefused(daily, { currencyCode: 'HRK' })).toEqual([]);
    expect(fieldsRefused(top, { currencyCode: 'XAU' })).toEqual([]);
  });

  it('take a text for blank when nothing in it can be seen', () => {
    for (const name of [
      '\u200b\u200b',
      '\u2060',
      '\u2800',
      '\u3164',
      '\u200e',
      '\u200f\u061c',
      '\ufff9',
      '\ufeff \u00a0',
    ])
      expect([name, fieldsRefused(register, { name })]).toEqual([name, ['name']]);
    for (const name of ['.', '❤️', 'א\u200fb', '\u0628\u200c\u0627'])
      expect(fieldsRefused(register, { name })).toEqual([]);
  });

  it('refuse what turns the reading direction of what follows, and separators of lines and paragraphs', () => {
    for (const sign of ['\u202a', '\u202e', '\u2066', '\u2069', '\u2028', '\u2029'])
      for (const field of ['name', 'email', 'address', 'country'])
        expect([sign, fieldsRefused(register, { [field]: `a${sign}b@c` })]).toEqual([sign, [field]]);
    expect(fieldsRefused(register, { email: 'ada\u200b@example.com' })).toEqual(['email']);
  });

  it('take a country by its code or its name, and nothing else', () => {
    for (const country of ['x', 'Atlantis', '', ' ', 'x'.repeat(61)])
      expect([country, fieldsRefused(register, { country })]).toEqual([country, ['country']]);
    for (const country of ['UK', 'fra', 'EIRE', 'Unspecified'])
      expect(fieldsRefused(register, { country })).toEqual([]);
    expect(fieldsRefused(daily, { country: 'Atlantis' })).toEqual([]);
  });

  it('tell of every field at once', () => {
    const fields = validateRequest(place, {
      ...validRequests[place],
      requestId: 'x',
      customerId: '',
      lines: [],
    });
    expect(at('request_id')(fields) && at('customer_id')(fields) && at('lines')(fields)).toBe(true);
  });
});

describe('a request that is taken', () => {
  const taken = (path: string, changes: Record<string, unknown>) =>
    checkRequest(path, { ...validRequests[path], ...changes }).request;

  it('is as it came when nothing in it is written otherwise', () => {
    for (const { path } of requestTypes)
      expect(checkRequest(path, validRequests[path])).toEqual({
        violations: [],
        request: validRequests[path],
      });
  });

  it('holds its texts trimmed and composed (NFC), and its country by its one name', () => {
    const request = taken(register, {
      name: ' \u00a0Cote\u0301 Ltd\u200b ',
      email: ' ada@example.com\n',
      address: ' 1 High St\r\n\tLondon \r\n',
      country: ' Franc\u0327e',
    });
    expect(request).toMatchObject({
      name: 'Coté Ltd',
      email: 'ada@example.com',
      address: '1 High St\n London',
      country: 'France',
    });
    expect(taken(daily, { country: 'uk ' })).toMatchObject({ country: 'United Kingdom' });
    expect(taken(daily, { country: ' Atlantis' })).toMatchObject({ country: 'Atlantis' });
  });

  it('holds its request id in lower case: a repeat in upper case is the same request', () => {
    const id = '919108f7-52d1-4320-9bac-f847db4148a8';
    expect(taken(register, { requestId: id.toUpperCase() })).toMatchObject({ requestId: id });
    for (const none of ['00000000-0000-0000-0000-000000000000', 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff'])
      expect(fieldsRefused(register, { requestId: none })).toEqual(['request_id']);
  });

  it('is taken again as it is: what is written otherwise once needs no second time', () => {
    const texts = fc.array(
      fc.constantFrom(...'aé e\u0301\u200b\u200d\ufe0f\t\r\n\u00a0한\u1112\u1161\u11ab❤'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(texts, texts, (name, address) => {
        const request = taken(register, { name: name.join(''), address: address.join('') });
        expect(checkRequest(register, request).request).toEqual(request);
      }),
    );
  });

  it('keeps what breaks a rule as it came, however long it is', () => {
    const name = ` ${'e\u0301'.repeat(500_000)}`;
    const { violations } = checkRequest(register, { ...validRequests[register], name });
    expect(violations.map(({ field }) => field)).toEqual(['name']);
  });
});
