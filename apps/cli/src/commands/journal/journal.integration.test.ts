import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectCassandra, dropKeyspace, ensureKeyspace } from '@meridian/cassandra';
import { CONTEXTS, toMessage, topicOf } from '@meridian/contracts';
import { SHARD_COUNT } from '@meridian/kernel';
import {
  connectKafka,
  createEventProducer,
  deleteTopics,
  ensureTopics,
  missingTopics,
} from '@meridian/messaging';
import { createPool, migrate, type MysqlPool } from '@meridian/mysql';
import { migrationsFolder } from '@meridian/write-store';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { replicasOf } from '../../keyspace-regions.ts';
import { createProgram } from '../../program.ts';
import { paidOrder } from './testing/paid-order.ts';

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a running engine`);
  return value;
}

const suffix = randomBytes(6).toString('hex');
const [database, topicPrefix] = [`cli_test_${suffix}`, `cli-test-${suffix}`];
const lostFile = path.join(tmpdir(), `lost-${suffix}.jsonl`);
const topics = CONTEXTS.map((context) => topicOf(context, topicPrefix));

describe('meridian journal', () => {
  let pool: MysqlPool;
  const brokers = () => fromEnvironment('MERIDIAN_KAFKA_BROKERS');
  const kafka = () => connectKafka({ brokers: brokers().split(','), clientId: 'cli-test' });

  beforeAll(async () => {
    const url = fromEnvironment('MERIDIAN_MYSQL_URL');
    await migrate({ url, database, folder: migrationsFolder });
    pool = createPool({ url, database });
    await ensureTopics(kafka(), topics, SHARD_COUNT);
    const producer = await createEventProducer(kafka());
    const messages = [3n, 20n, 42n, 17n].map((position) => ({
      topic: topicOf('orders', topicPrefix),
      ...toMessage(paidOrder(position)),
    }));
    await producer.send(messages, { timeoutMs: 20_000 });
    await producer.close();
  });
  afterAll(async () => {
    await pool?.query(`DROP DATABASE IF EXISTS ${database}`);
    await pool?.close();
    await deleteTopics(kafka(), topics);
    await rm(lostFile, { force: true });
  });

  /** Runs a command as the program would; resolves with its output and its exit code. */
  async function run(...args: readonly string[]): Promise<{ code: number; printed: string }> {
    let printed = '';
    const written = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
    let code = 0;
    const program = createProgram(new AbortController().signal, (given) => (code = given));
    const stores = ['--mysql', fromEnvironment('MERIDIAN_MYSQL_URL'), '--database', database];
    stores.push('--kafka', brokers());
    if (!args.includes('--topic-prefix')) stores.push('--topic-prefix', topicPrefix);
    try {
      await program.parseAsync(['journal', ...args, ...stores], { from: 'user' });
    } finally {
      written.mockRestore();
    }
    return { code, printed };
  }

  it('verify: ends with 0 when nothing is wrong, and with 1 and a list when something is', async () => {
    const sound = await run('verify');
    expect(sound).toMatchObject({ code: 0, printed: expect.stringContaining('nothing is wrong') });
    await pool.query('UPDATE journal_head SET position = 10');
    const broken = await run('verify');
    expect(broken.code).toBe(1);
    expect(broken.printed).toMatch(/position-missing +position 1 to 10/);
    const asJson = await run('verify', '--json');
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.printed)).toMatchObject({ counts: { 'position-missing': 1 }, head: '10' });
  });

  it('fence: refuses beside a replica that is at work, unless told to go on', async () => {
    const renew = () =>
      pool.query(
        `INSERT INTO relay_replica VALUES ('alive', UTC_TIMESTAMP(3) + INTERVAL 2 SECOND)
         ON DUPLICATE KEY UPDATE alive_until = UTC_TIMESTAMP(3) + INTERVAL 2 SECOND`,
      );
    await renew();
    let renewed: Promise<unknown> = Promise.resolve();
    const timer = setInterval(() => {
      renewed = renewed.then(renew);
    }, 100);
    await expect(run('fence')).rejects.toThrow('command-service runs on this database (alive)');
    expect(await head()).toBe('10');
    clearInterval(timer);
    await renewed;
    await pool.query('DELETE FROM relay_replica');
  });

  const head = async () => {
    const { rows } = await pool.query('SELECT position FROM journal_head');
    return String(rows[0]?.position);
  };
  const lost = async () => {
    const lines = (await readFile(lostFile, 'utf8')).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line).position);
  };

  const inKafka = async () => {
    const { printed } = await run('fence', '--json');
    return String(JSON.parse(printed).inKafka);
  };
  const lostNow = async () => {
    await run('fence', '--lost', lostFile);
    return lost();
  };

  it('fence: raises nothing when the lost events cannot be written', async () => {
    await expect(run('fence', '--lost', path.join(lostFile, 'nowhere'))).rejects.toThrow();
    expect(await head()).toBe('10');
  });

  it('fence: raises the head above all that Kafka holds, tells what is lost, and does it once', async () => {
    const { printed } = await run('fence', '--reason', 'a test', '--lost', lostFile);
    expect(printed).toContain('positions 11 to 42 are given up; the next event gets 43');
    expect(await lost()).toEqual(['17', '20', '42']);
    expect((await run('fence')).printed).toContain('nothing to do');
    const { printed: verified } = await run('verify');
    expect(verified).toMatch(/positions 11 to 42 were given up at .*: a test/);
    expect(verified).toMatch(/position-missing +position 1 to 10/);
    expect((await run('fence', '--at-least', '60', '--json')).printed).toContain('"after": "60"');
    await rm(lostFile);
    await run('fence', '--lost', lostFile);
    expect(await lost(), 'a repeat tells the same').toEqual(['17', '20', '42']);
  });

  it('fence: raises the head no further than makes sense, for it can never be lowered', async () => {
    await expect(run('fence', '--at-least', '9999999999999999999')).rejects.toThrow();
    await expect(run('fence', '--at-least', String(2n ** 53n + 1n))).rejects.toThrow();
    await expect(run('fence', '--at-least', String(10n ** 12n + 61n))).rejects.toThrow(
      '1000000000061 is too high a position: the head can be raised to 1000000000060 at most',
    );
    expect(await head()).toBe('60');
  });

  it('fence: does not count another journal’s events, and takes what a replica has seen', async () => {
    const producer = await createEventProducer(kafka());
    const foreign = { ...paidOrder(5_000n), journalId: 'another' };
    const message = { topic: topicOf('orders', topicPrefix), ...toMessage(foreign) };
    await producer.send([message], { timeoutMs: 20_000 });
    await producer.close();
    expect((await run('fence')).printed).toContain('nothing to do');
    expect(await lostNow()).toEqual(['17', '20', '42']);
    await expect(run('republish', '--from', '1')).rejects.toThrow('holds events of another journal');
    await pool.query('UPDATE journal_identity SET known_position = 70');
    // Replicas that know of the loss use no position: the fence is set while they run.
    await pool.query("INSERT INTO relay_replica VALUES ('alive', UTC_TIMESTAMP(3) + INTERVAL 1 HOUR)");
    expect((await run('fence')).printed).toContain('the next event gets 71');
    await pool.query('DELETE FROM relay_replica');
  });

  it('republish: makes topics only once the relay has no shard any more', async () => {
    const prefix = `${topicPrefix}-lost`;
    await pool.query(
      "UPDATE relay_shard SET position = 20, owner = 'relay', lease_until = UTC_TIMESTAMP(3) + INTERVAL 4 SECOND",
    );
    const missing = CONTEXTS.map((context) => topicOf(context, prefix));
    await expect(run('republish', '--from', '1', '--shard', '3', '--topic-prefix', prefix)).rejects.toThrow(
      'all shards',
    );
    expect(await missingTopics(kafka(), missing)).toEqual(missing);
    await pool.query(
      "UPDATE relay_shard SET owner = 'relay', lease_until = UTC_TIMESTAMP(3) + INTERVAL 4 SECOND",
    );
    const publishing = run('republish', '--from', '1', '--topic-prefix', prefix);
    const owner = async () => {
      const { rows } = await pool.query('SELECT DISTINCT owner FROM relay_shard');
      return rows.map((row) => String(row.owner)).join();
    };
    await expect.poll(owner).toMatch(/^republish#[^,]*$/);
    expect(await missingTopics(kafka(), missing)).toEqual(missing);
    await publishing;
    expect(await missingTopics(kafka(), missing)).toEqual([]);
    expect(await owner()).toBe('');
    await deleteTopics(kafka(), missing);
  });

  it('reset-readers: does nothing unless told to for sure', async () => {
    await expect(run('reset-readers', '--cassandra', '127.0.0.1:1')).rejects.toThrow('--yes');
  });

  it('reset-readers: makes the keyspace also when an earlier run ended in the middle', async () => {
    const keyspace = `cli_${suffix}`;
    const cassandra = fromEnvironment('MERIDIAN_CASSANDRA_EU_WEST');
    const session = await connectCassandra({ contactPoints: [cassandra], localDataCenter: 'eu-west' });
    const stores = ['--yes', '--cassandra', cassandra, '--region', 'eu-west', '--keyspace', keyspace];
    try {
      // The name may be mistyped, so nothing is removed before the keyspace is found.
      await expect(run('reset-readers', ...stores)).rejects.toThrow(`there is no keyspace ${keyspace}`);
      const nobody = ['--yes', '--cassandra', '127.0.0.1:1', '--region', 'eu-west', '--keyspace', keyspace];
      await expect(run('reset-readers', ...nobody)).rejects.toThrow();
      expect(await inKafka(), 'the topics are not emptied').toBe('42');
      await ensureKeyspace(session, `${keyspace}_keys`, { 'eu-west': 1, 'us-east': 1 });
      const { printed } = await run('reset-readers', ...stores);
      expect(printed).toContain(`it gets the replicas of ${keyspace}_keys`);
      expect(await replicasOf(session, keyspace)).toEqual({ 'eu-west': 1, 'us-east': 1 });
      expect((await run('reset-readers', ...stores)).printed).not.toContain('is missing');
      expect(await replicasOf(session, keyspace)).toEqual({ 'eu-west': 1, 'us-east': 1 });
      expect(await inKafka(), 'the topics are emptied').toBe('0');
      expect(await lostNow(), 'Kafka has forgotten them, and the file has not').toEqual(['17', '20', '42']);
    } finally {
      for (const name of [keyspace, `${keyspace}_keys`]) await dropKeyspace(session, name);
      await session.close();
    }
  });

  it('takes no position or shard that cannot be', async () => {
    await expect(run('republish', '--from', '0')).rejects.toThrow();
    await expect(run('republish', '--from', '1', '--shard', '12')).rejects.toThrow();
  });
});
