import type { Planted } from './planted.ts';

/** Versions of the projectors that run for a while during a fault: no defects, since what they cannot apply is kept. */
export const OTHER_VERSIONS: readonly (Omit<Planted, 'caughtBy' | 'mistake'> & { readonly what: string })[] =
  [
    {
      name: 'older-version',
      what: 'knows no payments and no returns: their events are kept for a version that does',
      changes: [
        {
          file: 'libs/contracts/src/events.ts',
          from: 'return Object.hasOwn(definitions, type);',
          to: "return Object.hasOwn(definitions, type) && type !== 'OrderPaid' && type !== 'ItemsReturned';",
        },
      ],
    },
    {
      name: 'stumbling-version',
      what: 'cannot project payments and cancellations: their orders are parked',
      changes: [
        {
          file: 'libs/contracts/src/events.ts',
          from: '  if (!isEventType(type)) return undefined;',
          to: `  if (!isEventType(type)) return undefined;
  if (type === 'OrderPaid' || type === 'OrderCancelled') throw new Error(\`\${type} cannot be projected\`);`,
        },
      ],
    },
  ];
