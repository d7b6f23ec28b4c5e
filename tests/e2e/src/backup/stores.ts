import type { Finding } from '@meridian/testing';

/** The kinds of files in which engines keep what they are given, and how a file of each is known. */
const KINDS: readonly (readonly [string, RegExp])[] = [
  ['backup', /^copy\//],
  ['MySQL table', /mysql\/data\/.*\.ibd$/],
  ['MySQL binary log', /mysql\/data\/binlog\.\d+$/],
  ['MySQL redo log', /mysql\/data\/#innodb_redo\//],
  ['MySQL doublewrite file', /mysql\/data\/#ib_.*\.dblwr$/],
  ['MySQL temporary table space', /mysql\/data\/(ibtmp\d+|#innodb_temp\/.*)$/],
  ['MySQL undo', /mysql\/data\/.*(undo_\d+|\.ibu)$/],
  ['Kafka', /kafka\/data\//],
  ['Cassandra commit log', /cassandra-[^/]+\/commitlog\//],
  ['Cassandra table', /cassandra-[^/]+\/data\/.*-Data\.db$/],
  ['span', /logs\/spans\.jsonl/],
];

/** The kinds of the files where something was found. A file of no kind is named itself. */
export function kindsOf(findings: readonly Finding[]): readonly string[] {
  const kinds = findings.map(({ file }) => KINDS.find(([, form]) => form.test(file))?.[0] ?? file);
  return [...new Set(kinds)].sort();
}
