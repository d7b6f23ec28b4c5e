/** What there is to make, with what it takes and an example. */
export const KINDS = {
  question: {
    takes: '--read-model MODEL [--table TABLE]',
    what: 'a question about one row of an existing read model, by gRPC',
    example: 'npm run new -- question get-label --read-model catalog',
  },
  command: {
    takes: '--aggregate AGGREGATE [--event EVENT]',
    what: 'a command that changes one existing aggregate',
    example: 'npm run new -- command flag-product --aggregate product',
  },
  event: {
    takes: '--aggregate AGGREGATE',
    what: 'an event of an existing aggregate',
    example: 'npm run new -- event ProductFlagged --aggregate product',
  },
  'read-model': {
    takes: '--aggregate AGGREGATE [--columns NAME:KIND,…]',
    what: 'a read model with its projection, table, projector service and first question',
    example: 'npm run new -- read-model shipments --aggregate order --columns status:text',
  },
  aggregate: {
    takes: '--context CONTEXT',
    what: 'a kind of aggregate in an existing context, with its first event, command and table',
    example: 'npm run new -- aggregate voucher --context catalog',
  },
} as const;

/** What can be made. */
export type Kind = keyof typeof KINDS;

/** Whether a word names something that can be made. */
export function isKind(word: string | undefined): word is Kind {
  return word !== undefined && Object.hasOwn(KINDS, word);
}

/** How to use the generator. */
export function usage(): string {
  return [
    'Usage: npm run new -- KIND NAME OPTIONS [--dry-run]',
    '',
    ...Object.entries(KINDS).flatMap(([kind, { takes, what, example }]) => [
      `  ${kind} NAME ${takes}`,
      `      ${what}`,
      `      ${example}`,
      '',
    ]),
    '  todos',
    '      lists what was generated and is still to be written; fails when there is any',
    '',
    '--dry-run lists the files and writes none. A mistake in what is asked for writes none either.',
    'docs/extending.md says what is left for you to write.',
  ].join('\n');
}
