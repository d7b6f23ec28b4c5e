import { describe, expect, it } from 'vitest';
import { collectDateEvidence, DateOrderError, instantOf, type DateOrder } from './invoice-dates.ts';

const DECEMBER = '2010-12-01T08:26:00.000Z';

function orderOf(dates: readonly string[], named?: DateOrder): DateOrder {
  const evidence = collectDateEvidence();
  for (const [index, date] of dates.entries()) evidence.see(date, index + 2);
  return evidence.order(named);
}

describe('instantOf', () => {
  it.each([
    ['12/1/10 8:26', 'mdy', DECEMBER],
    ['12/1/2010 08:26:59', 'mdy', DECEMBER],
    ['01/12/2010 08:26', 'dmy', DECEMBER],
    ['01.12.2010 08:26', 'dmy', DECEMBER],
    ['01-12-10 08:26', 'dmy', DECEMBER],
    ['2010-12-01 08:26', 'dmy', DECEMBER],
    ['2010-12-01T08:26:00.000', 'mdy', DECEMBER],
    ['12/1/99 8:26', 'mdy', '1999-12-01T08:26:00.000Z'],
    ['12/1/68 8:26', 'mdy', '2068-12-01T08:26:00.000Z'],
    ['7/1/2011 8:26', 'mdy', '2011-07-01T07:26:00.000Z'],
    ['13/12/2010 08:26', 'mdy', undefined],
    ['12/13/2010 08:26', 'dmy', undefined],
    ['1/12.2010 08:26', 'dmy', undefined],
    ['2010-02-30 08:26', 'dmy', undefined],
  ] as const)('reads %s in the order %s as %s', (date, order, instant) =>
    expect(instantOf(date, order)?.toISOString()).toBe(instant),
  );
});

describe('the order of a file’s dates', () => {
  it('is what one date of the whole file says, wherever it stands', () => {
    expect(orderOf(['01/12/2010 08:26', '02/12/2010 08:26', '13/12/2010 08:26'])).toBe('dmy');
    expect(orderOf(['12/13/2010 08:26', '12/1/2010 08:26'])).toBe('mdy');
  });

  it('must be named where every date allows both, and is what is named then', () => {
    const both = ['01/12/2010 08:26', '12/12/2010 08:26', '99/99/2010 08:26'];
    expect(() => orderOf(both)).toThrow(DateOrderError);
    expect(() => orderOf(both)).toThrow(/line 2 has the date 01\/12\/2010 08:26.*--dates dmy or --dates mdy/);
    expect(orderOf(both, 'dmy')).toBe('dmy');
    expect(orderOf(both, 'mdy')).toBe('mdy');
  });

  it('need not be named where it makes no difference', () => {
    expect(() => orderOf(['2010-12-01 08:26:00', '12/12/2010 08:26', 'nan', ''])).not.toThrow();
  });

  it('is not taken against what a date says', () => {
    const dayFirst = ['01/12/2010 08:26', '13/12/2010 08:26'];
    expect(() => orderOf(dayFirst, 'mdy')).toThrow('line 3 has the date 13/12/2010 08:26');
    expect(orderOf(dayFirst, 'dmy')).toBe('dmy');
  });

  it('must be named where dates contradict each other', () => {
    const mixed = ['13/12/2010 08:26', '12/13/2010 08:26'];
    expect(() => orderOf(mixed)).toThrow(/line 2 .*line 3 .*--dates/);
    expect(orderOf(mixed, 'mdy')).toBe('mdy');
  });
});
