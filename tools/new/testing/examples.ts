/** One of every kind, as docs/extending.md shows it. */
export const EXAMPLES: readonly (readonly string[])[] = [
  ['event', 'ProductFlagged', '--aggregate', 'product'],
  ['command', 'flag-product', '--aggregate', 'product', '--event', 'ProductFlagged'],
  ['aggregate', 'voucher', '--context', 'catalog'],
  ['question', 'get-label', '--read-model', 'catalog'],
  [
    'read-model',
    'shipments',
    '--aggregate',
    'order',
    '--columns',
    'status:text,seen_at:timestamp,lines:int,total_minor:bigint,paid:boolean',
  ],
];

/** Other words of the same length: whoever tries the page's commands in this workspace breaks no test of the generators. */
const STAND_INS: readonly (readonly [RegExp, string])[] = [
  [/Flagged/g, 'Sampled'],
  [/flag-product/g, 'test-product'],
  [/voucher/g, 'example'],
  [/label/g, 'probe'],
  [/Label/g, 'Probe'],
  [/shipments/g, 'specimens'],
];

/** A text of docs/extending.md, with other words for what its commands make. */
export function standIn(text: string): string {
  return STAND_INS.reduce((changed, [word, other]) => changed.replace(word, other), text);
}

/** The examples with names that nobody takes. */
export const TESTED = EXAMPLES.map((args) => args.map(standIn));
