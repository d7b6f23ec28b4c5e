/** The names under which a stack keeps its data: two stacks with different names share engines without conflict. */
export interface StackNames {
  readonly database: string;
  readonly keysDatabase: string;
  readonly keyspace: string;
  readonly topicPrefix: string;
}

/** The names of a stack; the names of production when there is no suffix. A suffix is made of a-z, 0-9 and _. */
export function stackNames(suffix = ''): StackNames {
  const tail = suffix === '' ? '' : `_${suffix}`;
  return {
    database: `meridian${tail}`,
    keysDatabase: `meridian_keys${tail}`,
    keyspace: `meridian${tail}`,
    topicPrefix: `meridian${tail}`,
  };
}

/**
 * The names that the environment gives, for engines that others use too. A name that it leaves out is the usual name.
 */
export function namesFromEnvironment(environment: Readonly<Record<string, string | undefined>>): StackNames {
  const usual = stackNames();
  const given = (variable: string, name: string) => environment[variable] || name;
  return {
    database: given('MERIDIAN_MYSQL_DATABASE', usual.database),
    keysDatabase: given('MERIDIAN_KEYS_DATABASE', usual.keysDatabase),
    keyspace: given('MERIDIAN_KEYSPACE', usual.keyspace),
    topicPrefix: given('MERIDIAN_TOPIC_PREFIX', usual.topicPrefix),
  };
}
