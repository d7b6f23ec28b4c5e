import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dashboards } from './all.ts';
import { dashboardOf } from './panel.ts';

const panels = z.object({
  panels: z.array(
    z.looseObject({
      id: z.number(),
      type: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
    }),
  ),
});

describe('the dashboards', () => {
  const all = [...dashboards()].map(([name, text]) => ({ name, ...panels.parse(JSON.parse(text)) }));

  it('are four files of JSON', () => {
    expect(all.map(({ name }) => name)).toEqual([
      'write-side.json',
      'relay-and-kafka.json',
      'read-models.json',
      'services.json',
    ]);
  });

  it.each(all)('$name has panels of their own ids, none over another', ({ panels: of }) => {
    expect(new Set(of.map(({ id }) => id)).size).toBe(of.length);
    const cells = of.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('name each query of a panel apart, and the label that a reader chooses', () => {
    const about = 'shows two lines';
    const queries = ['up', 'ALERTS'].map((expr) => ({ expr, legend: '' }));
    const made = dashboardOf({
      name: 'any',
      title: 'Any',
      about,
      choice: { label: 'zone', metric: 'up' },
      rows: [{ title: 'Row', panels: [{ title: 'Panel', about, unit: 's', queries }] }],
    });
    expect(made.uid).toBe('meridian-any');
    expect(made.templating?.list?.[1]).toMatchObject({ name: 'zone', query: 'label_values(up, zone)' });
    expect(made.panels?.[1]).toMatchObject({ targets: [{ refId: 'A' }, { refId: 'B' }] });
  });
});
