import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { canHavePrometheus, startObservers, stopObservers, type Observers } from '@meridian/local-stack';
import type { TestStack } from '@meridian/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** Panels that a stack in good health leaves empty: what they show has not happened, and is told from then on. */
const OF_TROUBLE = [
  'Regions that take writes',
  'Partitions in which a region lacks something',
  'Partitions that are halted',
  'Shards that are blocked',
  'Calls refused because of who made them',
  'Failures, and events of unknown types',
  'Statements that a region’s store did not answer',
  'Alerts that fire',
];

const dashboard = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) }),
  ),
});
const targets = z.object({
  data: z.object({
    activeTargets: z.array(z.object({ labels: z.record(z.string(), z.string()), health: z.string() })),
  }),
});
const metadata = z.object({ data: z.record(z.string(), z.array(z.object({ type: z.string() }))) });
const rules = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
  }),
});
const answer = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

const panelsOf = (folder: string) =>
  readdirSync(folder).flatMap((name) =>
    dashboard
      .parse(JSON.parse(readFileSync(path.join(folder, name), 'utf8')))
      .panels.filter((panel) => panel.targets.length > 0),
  );

/** Every metric of ours begins so; a part of a histogram is told under the histogram's own name. */
const METRIC = /\b(?:meridian|process|nodejs)_[a-z0-9_]+/g;
const familyOf = (name: string, known: ReadonlySet<string>): string =>
  known.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');

/** Prometheus beside a stack that has had traffic: `meridian up --observe`. */
export const describeObserve = (given: () => TestStack) =>
  describe.skipIf(!canHavePrometheus())('a stack that is observed', () => {
    let stack: TestStack;
    let observers: Observers;
    const get = async (where: string): Promise<unknown> => {
      const response = await fetch(`${observers.prometheus}/api/v1/${where}`);
      if (!response.ok) throw new Error(`${where}: ${await response.text()}`);
      return response.json();
    };
    const ask = async (expr: string) =>
      answer.parse(await get(`query?query=${encodeURIComponent(withoutVariables(expr))}`)).data.result.length;
    const withoutVariables = (expr: string) =>
      expr.replaceAll('$__rate_interval', '5m').replaceAll('$read_model', '.*');

    beforeAll(async () => {
      stack = given();
      observers = await startObservers(stack, { scrapeEveryS: 1 });
    });
    afterAll(() => stopObservers(stack.folder));

    it('has every service as a target that is up, by its name', async () => {
      const up = async () =>
        targets
          .parse(await get('targets'))
          .data.activeTargets.filter(({ health }) => health === 'up')
          .map(({ labels }) => labels['instance'])
          .sort();
      await expect.poll(up).toEqual([...stack.serviceNames].sort());
    });

    it('registers every metric that a dashboard names', async () => {
      const exprs = panelsOf(observers.dashboards).flatMap((panel) => panel.targets.map(({ expr }) => expr));
      const named = new Set(exprs.flatMap((expr) => expr.match(METRIC) ?? []));
      expect(named.size).toBeGreaterThan(30);
      const absent = async () => {
        const known = new Set(Object.keys(metadata.parse(await get('metadata')).data));
        return [...named].filter((name) => !known.has(familyOf(name, known)));
      };
      await expect.poll(absent).toEqual([]);
    });

    it('fills every panel but those of trouble', async () => {
      const empty = async () => {
        const found = panelsOf(observers.dashboards).map(async ({ title, targets: queries }) => {
          const series = await Promise.all(queries.map(({ expr }) => ask(expr)));
          return series.some((count) => count > 0) ? [] : [title];
        });
        return (await Promise.all(found)).flat().filter((title) => !OF_TROUBLE.includes(title));
      };
      await expect.poll(empty).toEqual([]);
    });

    it('carries out every recording rule and alert', async () => {
      const unhealthy = async () => {
        const all = rules.parse(await get('rules')).data.groups.flatMap((group) => group.rules);
        return all.length < 20 ? ['no rules yet'] : all.filter(({ health }) => health !== 'ok');
      };
      // Whether an alert fires is up to the machine: one that is slow enough is in trouble.
      await expect.poll(unhealthy).toEqual([]);
    });
  });
