/** The names under which a stack keeps its data: two stacks with other names share engines without meeting. */
export interface StackNames {
  readonly database: string;
  readonly keysDatabase: string;
  readonly keyspace: string;
  readonly topicPrefix: string;
}

/** The names of a stack; without a suffix those of production. A suffix is made of a-z, 0-9 and _. */
export function stackNames(suffix = ''): StackNames {
  const tail = suffix === '' ? '' : `_${suffix}`;
  return {
    database: `meridian${tail}`,
    keysDatabase: `meridian_keys${tail}`,
    keyspace: `meridian${tail}`,
    topicPrefix: `meridian${tail}`,
  };
}
