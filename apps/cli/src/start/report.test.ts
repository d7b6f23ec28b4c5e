import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { printResult, sumsAgree, writeResult, type StartResult } from './report.ts';
import { latencyOf } from './visibility.ts';

const FOLDER = '/here/.meridian';

function resultOf(changed: Partial<StartResult> = {}): StartResult {
  const region = (timesMs: readonly number[]) => ({
    orders: 2n,
    otherOrders: 0n,
    revenue: new Map([['France/GBP', 800n]]),
    visible: latencyOf(timesMs),
  });
  return {
    file: 'examples/file.csv',
    lines: 4,
    days: ['2010-12-01', '2010-12-02'],
    regions: { 'eu-west': region([5, 7]), 'us-east': region([8, 9]) },
    rejected: new Map([
      ['France/GBP', 100n],
      ['Norway/GBP', 50n],
    ]),
    rejectsByReason: { NOT_GOODS: 2 },
    rejectsFile: '/tmp/rejects.csv',
    unreadableLines: 0,
    fileSums: new Map([
      ['France/GBP', 900n],
      ['Norway/GBP', 50n],
    ]),
    secondsToTable: 21.5,
    ...changed,
  };
}

describe('sumsAgree', () => {
  it('holds when accepted and rejected come to the file’s sum, by country, in every region', () => {
    expect(sumsAgree(resultOf())).toBe(true);
  });

  it('fails by a penny in one region only', () => {
    const { regions, ...rest } = resultOf();
    const [west, east] = [regions['eu-west'], regions['us-east']];
    if (!west || !east) throw new Error('two regions');
    const short = { ...east, revenue: new Map([['France/GBP', 799n]]) };
    expect(sumsAgree({ ...rest, regions: { 'eu-west': west, 'us-east': short } })).toBe(false);
  });

  it('fails when a region sold to a country that the file does not have', () => {
    const { regions, ...rest } = resultOf();
    const west = regions['eu-west'];
    if (!west) throw new Error('a region');
    const more = new Map([...west.revenue, ['Chile/GBP', 1n]]);
    expect(sumsAgree({ ...rest, regions: { 'eu-west': { ...west, revenue: more } } })).toBe(false);
  });

  it('fails when no region was asked', () => {
    expect(sumsAgree(resultOf({ regions: {} }))).toBe(false);
  });
});

describe('what is printed', () => {
  let printed = '';
  beforeEach(() => {
    printed = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  const west = (changed: Partial<StartResult['regions'][string]>) => ({
    regions: { 'eu-west': { ...resultOf().regions['eu-west']!, ...changed } },
  });

  it('shows each country beside the file, rejected ones too', () => {
    printResult(resultOf(), FOLDER);
    expect(printed).toMatch(/France +8\.00 GBP +8\.00 GBP +1\.00 GBP +9\.00 GBP +yes/);
    expect(printed).toMatch(/Norway +0\.00 GBP +0\.00 GBP +0\.50 GBP +0\.50 GBP +yes/);
    expect(printed).toMatch(/eu-west +2 +5 ms +7 ms +2/);
    expect(printed).not.toContain('not of the file');
    expect(printed).not.toContain('failed');
  });

  it('shows no latency, and says why, when nothing new was placed', () => {
    printResult(resultOf(west({ visible: latencyOf([]) })), FOLDER);
    expect(printed).toMatch(/eu-west +2 +– +– +0/);
    expect(printed).toContain('no samples: every order of the file had been placed by an earlier run');
    expect(printed).not.toContain('0 ms');
  });

  it('says how many samples failed, and with what', () => {
    printResult(resultOf(west({ visible: latencyOf([], ['the region is behind', 'gone']) })), FOLDER);
    expect(printed).toContain('2 samples failed in eu-west, the first with: the region is behind');
    expect(printed).not.toContain('no samples');
  });

  it('says that the days hold orders of others, how to see them and how to begin afresh', () => {
    printResult(resultOf(west({ otherOrders: 61n })), FOLDER);
    expect(printed).toContain('these days also have 61 orders that are not of the file');
    expect(printed).toContain('npm run meridian -- sales --from 2010-12-01 --to 2010-12-02');
    expect(printed).toContain(`npm run meridian -- down, then remove ${FOLDER}`);
  });
});

describe('the result for programs', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'meridian-report-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('holds orders, amounts in minor units, rejects and latencies', () => {
    const file = path.join(folder, 'out.json');
    writeResult(file, resultOf());
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      sumsAgree: true,
      regions: {
        'us-east': {
          orders: 2,
          otherOrders: 0,
          revenueMinor: { 'France/GBP': '800' },
          visible: { p50Ms: 8, p99Ms: 9, samples: 2, failed: 0 },
        },
      },
      rejectsByReason: { NOT_GOODS: 2 },
      rejectedMinor: { 'France/GBP': '100', 'Norway/GBP': '50' },
      fileMinor: { 'France/GBP': '900', 'Norway/GBP': '50' },
    });
  });
});
