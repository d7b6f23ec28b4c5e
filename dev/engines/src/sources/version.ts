const parts = (version: string): number[] =>
  version
    .split(/[^0-9]+/)
    .slice(0, 3)
    .map(Number);

/** Whether a dotted version is `least` or newer, by its first three numbers: 9.7.4-2 is at least 8.4. */
export function isAtLeast(version: string, least: string): boolean {
  const [have, need] = [parts(version), parts(least)];
  for (const [index, wanted] of need.entries()) {
    const given = have[index] ?? 0;
    if (given !== wanted) return given > wanted;
  }
  return true;
}

/**
 * The version of MySQL in the output of `mysqld --version`; undefined for MariaDB, which has another dialect of SQL.
 */
export function mysqlVersion(printed: string): string | undefined {
  return /mariadb/i.test(printed) ? undefined : /\bVer (\d+\.\d+\.\d+\S*)/.exec(printed)?.[1];
}
