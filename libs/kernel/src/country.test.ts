import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNTRIES, OTHER_AREAS } from './countries.ts';
import { countryName, isSameCountry } from './country.ts';

const lines = (text: string) => text.trim().split('\n');

describe('countryName', () => {
  it('knows every code of ISO 3166-1, once, and no two countries by one name', () => {
    const codes = lines(COUNTRIES).map((line) => line.slice(0, 6).split(' '));
    expect(codes).toHaveLength(249);
    expect(new Set(codes.flat()).size).toBe(2 * 249);
    const names = lines(COUNTRIES).map((line) => line.slice(7));
    for (const line of [...names, ...lines(OTHER_AREAS)]) {
      const [stored = '', ...others] = line.split('|');
      for (const name of [stored, ...others]) expect([name, countryName(name)]).toEqual([name, stored]);
    }
    for (const [alpha2 = '', alpha3 = ''] of codes) expect(countryName(alpha2)).toBe(countryName(alpha3));
  });

  it('takes codes and the usual names of a country for one', () => {
    for (const name of [
      'GB',
      'gbr',
      'UK',
      'U.K.',
      'united kingdom',
      ' United\u00a0Kingdom ',
      'Great Britain',
    ])
      expect(countryName(name)).toBe('United Kingdom');
    for (const name of ['France ', ' France', 'Franc\u0327e', 'FR', 'FRANCE', 'Fran\u200bce'])
      expect(countryName(name)).toBe('France');
    expect(['EIRE', 'RSA', 'USA', 'Czech Republic', 'Turkey'].map(countryName)).toEqual([
      'Ireland',
      'South Africa',
      'United States',
      'Czechia',
      'Türkiye',
    ]);
    expect(
      ["Cote d'Ivoire", 'Côte d’Ivoire', 'The Netherlands', 'Trinidad & Tobago'].map(countryName),
    ).toEqual(["Côte d'Ivoire", "Côte d'Ivoire", 'Netherlands', 'Trinidad and Tobago']);
  });

  it('has a name for every country of the Online Retail data sets', () => {
    const theirs =
      'United Kingdom,France,Australia,Netherlands,Germany,Norway,EIRE,Switzerland,Spain,Poland,Portugal,Italy,Belgium,Lithuania,' +
      'Japan,Iceland,Channel Islands,Denmark,Cyprus,Sweden,Austria,Israel,Finland,Bahrain,Greece,Hong Kong,Singapore,Lebanon,' +
      'United Arab Emirates,Saudi Arabia,Czech Republic,Canada,Unspecified,Brazil,USA,European Community,Malta,RSA,Korea,Nigeria,' +
      'Thailand,Bermuda,West Indies';
    expect(theirs.split(',').filter((name) => countryName(name) === undefined)).toEqual([]);
  });

  it('knows nothing else', () => {
    for (const name of ['', ' ', 'x', 'Atlantis', 'toString', 'the', 'ZZ', 'Frances', '…'])
      expect(countryName(name)).toBeUndefined();
  });

  it('gives a name that it takes for the same country again, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const name = countryName(text);
        expect(name === undefined || countryName(name) === name).toBe(true);
      }),
    );
  });
});

describe('isSameCountry', () => {
  it('holds for names of one country, and for a text that no list knows and itself', () => {
    expect(isSameCountry('UK', 'United Kingdom')).toBe(true);
    expect(isSameCountry('Atlantis', 'Atlantis')).toBe(true);
    expect(isSameCountry('Atlantis', 'France')).toBe(false);
  });
});
