import { setTimeout as pause } from 'node:timers/promises';
import { restartEngine } from '@meridian/engines';
import type { RunningStack } from '@meridian/local-stack';
import { createPool, textOf, type MysqlPool } from '@meridian/mysql';
import { blocksOf } from '../runbook.ts';
import { inHome, onEveryNode } from './on-cassandra.ts';

const PAGE = 'docs/erasure.md';
const WITHIN_MS = 60_000;
const LOOK_MS = 100;
const CQL = { consistency: 'LOCAL_ONE', timeoutMs: WITHIN_MS } as const;

/** Runs what the page about erasures says of files, step by step, on the engines of a stack with the usual names. */
export async function purge(stack: RunningStack): Promise<void> {
  const pool = createPool({ url: stack.engineEnvironment['MERIDIAN_MYSQL_URL'] ?? '', connectionLimit: 1 });
  try {
    for (const { language, commands } of blocksOf(PAGE, 'purge')) {
      const lines = commands.split('\n').map((line) => line.replace(/;$/, ''));
      if (language === 'sh') await onEveryNode(stack, lines.map(nodetoolArguments));
      else if (language === 'cql')
        await inHome(stack, async (session) => {
          for (const statement of lines) await session.execute(statement, [], CQL);
        });
      else for (const statement of lines) await inMysql(pool, statement);
    }
  } finally {
    await pool.close();
  }
  // The page's last step for MySQL.
  await restartEngine(`${stack.folder}/engines`, 'mysql');
}

/** What follows `nodetool` in a line of the page. */
function nodetoolArguments(line: string): readonly string[] {
  const [program, ...args] = line.split(' ');
  if (program !== 'nodetool') throw new Error(`no command of this page: ${line}`);
  return args;
}

/** One statement, once what the page says to wait for has come. */
async function inMysql(pool: MysqlPool, statement: string): Promise<void> {
  const [, space] = /UNDO TABLESPACE (\w+) SET ACTIVE|DROP UNDO TABLESPACE (\w+)/.exec(statement) ?? [];
  if (/SET ACTIVE|^DROP UNDO/.test(statement)) await until(pool, emptied(space ?? 'meridian_spare'), 'empty');
  if (/innodb_redo_log_capacity/.test(statement)) await until(pool, RESIZED, 'OK');
  await pool.query(statement);
  if (/innodb_redo_log_capacity/.test(statement)) await until(pool, RESIZED, 'OK');
}

const RESIZED =
  "SELECT VARIABLE_VALUE AS value FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Innodb_redo_log_resize_status'";
const emptied = (space: string) =>
  `SELECT STATE AS value FROM information_schema.INNODB_TABLESPACES WHERE NAME = '${space}'`;

async function until(pool: MysqlPool, question: string, wanted: string): Promise<void> {
  for (const end = performance.now() + WITHIN_MS; ;) {
    const { rows } = await pool.query(question);
    const [row] = rows;
    const found = row ? textOf(row, 'value') : 'nothing';
    if (found === wanted) return;
    if (performance.now() > end) throw new Error(`${question}: ${found}, not ${wanted}`);
    await pause(LOOK_MS);
  }
}
