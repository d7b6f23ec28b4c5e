import { expect, it } from 'vitest';
import { unsafeCommits } from './durability.ts';

it('a COMMIT is safe when both logs are on disk with it, or there is only one', () => {
  const safe = { flushLogAtCommit: 1, hasBinaryLog: true, syncBinaryLog: 1 };
  expect(unsafeCommits(safe)).toEqual([]);
  expect(unsafeCommits({ ...safe, hasBinaryLog: false, syncBinaryLog: 0 })).toEqual([]);
  expect(unsafeCommits({ ...safe, flushLogAtCommit: 2, syncBinaryLog: 1_000 })).toEqual([
    'innodb_flush_log_at_trx_commit is 2; set it to 1',
    'sync_binlog is 1000; set it to 1, or turn the binary log off',
  ]);
});
