import { describe, expect, it } from 'vitest';
import { importIds } from './import-ids.ts';

const ids = importIds('0123456789ab');

describe('the ids of an import', () => {
  it('stay what they have always been: others would order everything again', () => {
    expect(ids.request('place/536365')).toBe('df9e2af4-5e7f-5cdc-8899-19555d06979a');
    expect(ids.receipt('85123A', 'r1')).toBe('0123456789ab.r1.85123A');
    expect(ids.creditLine('17850/C536379/credit note C536379, line 5')).toBe(
      '27ab1426-dabd-5b79-a354-21336b71b9c9',
    );
    expect([ids.order('536365', 1), ids.order('536365', 2)]).toEqual(['536365', '536365.r2']);
  });

  it('differ by step and by the content of the file, but for the returns of a credit line', () => {
    expect(importIds('ba9876543210').creditLine('line')).toBe(ids.creditLine('line'));
    expect(ids.creditLine('line')).not.toBe(ids.creditLine('another line'));
    expect(ids.request('pay/536365')).not.toBe(ids.request('place/536365'));
    expect(importIds('ba9876543210').request('place/536365')).not.toBe(ids.request('place/536365'));
  });
});
