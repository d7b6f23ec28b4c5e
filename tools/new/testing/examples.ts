/** One of every kind: what the tests make in a copy of the workspace, and what docs/extending.md shows. */
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
    'status:text,seen_at:timestamp,paid:boolean',
  ],
];
