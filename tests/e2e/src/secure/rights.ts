import type { RunningStack } from '@meridian/local-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsOf, type Accounts } from './accounts.ts';

const PROJECTORS = ['catalog', 'customers', 'inventory', 'orders', 'sales'].map(
  (name) => `projector-${name}`,
);

/** What command-service must not be able to do in MySQL. It reads and writes rows, and nothing else. */
const FORBIDDEN_IN_MYSQL: readonly string[] = [
  'CREATE TABLE meridian.mine (id INT)',
  'ALTER TABLE meridian.journal ADD COLUMN mine INT',
  'DROP TABLE meridian.journal',
  'TRUNCATE TABLE meridian.journal',
  'CREATE INDEX mine ON meridian.journal (event_id)',
  'CREATE DATABASE mine',
  'DROP DATABASE meridian_keys',
  "CREATE USER 'mine'@'localhost' IDENTIFIED BY 'mine'",
  "GRANT ALL ON *.* TO 'command-service'@'localhost'",
  'SELECT * FROM mysql.user',
  'SET GLOBAL require_secure_transport = OFF',
  'SHUTDOWN',
];

/** What neither query-service nor a projector must be able to do in Cassandra. */
const FORBIDDEN_IN_CASSANDRA: readonly string[] = [
  "UPDATE meridian_keys.customer_key SET destroyed = true WHERE customer_id = 'anna'",
  'DROP TABLE meridian.projection_progress',
  'ALTER TABLE meridian.projection_progress ADD mine int',
  'DROP KEYSPACE meridian_keys',
  "CREATE KEYSPACE mine WITH replication = {'class': 'NetworkTopologyStrategy', 'eu-west': 1}",
  'CREATE TABLE meridian_keys.mine (id int PRIMARY KEY)',
  "CREATE ROLE mine WITH PASSWORD = 'mine' AND LOGIN = true",
  'GRANT SELECT ON ALL KEYSPACES TO "query-service"',
  'SELECT * FROM system_auth.roles',
];

/** What every account can do in its engine and what none can, tried on the engines themselves. */
export function describeRights(stackOf: () => RunningStack): void {
  describe('the rights of the accounts of a closed stack', () => {
    let accounts: Accounts;
    beforeAll(() => {
      accounts = accountsOf(stackOf());
    });
    afterAll(() => accounts.close());

    describeMysql(() => accounts);
    describeCassandra(() => accounts);
    describeKafka(() => accounts);
  });
}

function describeMysql(accountsNow: () => Accounts): void {
  it('let command-service read and write rows of MySQL', async () => {
    const pool = accountsNow().mysql('command-service');
    const { rows } = await pool.query('SELECT COUNT(*) AS events FROM meridian.journal');
    expect(Number(rows[0]?.['events'])).toBeGreaterThan(0);
  });

  it.each(FORBIDDEN_IN_MYSQL)('do not let command-service run `%s`', async (sql) => {
    const pool = accountsNow().mysql('command-service');
    await expect(pool.query(sql)).rejects.toThrow(/denied|you need/i);
  });

  it('take no account of MySQL without TLS, and root not without its password', async () => {
    const open = accountsNow().mysql('command-service', { overTls: false });
    await expect(open.query('SELECT 1')).rejects.toThrow();
    const root = accountsNow().mysql('root', { password: '' });
    await expect(root.query('SELECT 1')).rejects.toThrow(/denied/);
  });
}

function describeCassandra(accountsNow: () => Accounts): void {
  const read = { consistency: 'LOCAL_ONE' } as const;

  /** The tables that a projector has made for its own rows. */
  async function tablesOf(projector: string): Promise<readonly string[]> {
    const session = await accountsNow().cassandra('administrator');
    const cql = 'SELECT resource, permissions FROM system_auth.role_permissions WHERE role = ?';
    const rows = await session.execute(cql, [projector], read);
    // Only who made a table may drop it.
    const made = rows.map(({ resource }) => String(resource)).filter((name) => /_g\d+$/.test(name));
    return made.map((resource) => resource.replace(/^data\//, '').replace('/', '.'));
  }

  it('let query-service read the rows of every projector, and write none', async () => {
    const session = await accountsNow().cassandra('query-service');
    for (const projector of PROJECTORS) {
      const tables = await tablesOf(projector);
      expect(tables.length).toBeGreaterThan(0);
      for (const table of tables) {
        await session.execute(`SELECT * FROM ${table} LIMIT 1`, [], read);
        await expect(session.schema([`TRUNCATE ${table}`])).rejects.toThrow(/no MODIFY permission/);
        await expect(session.schema([`DROP TABLE ${table}`])).rejects.toThrow(/no DROP permission/);
      }
    }
  });

  it.each(PROJECTORS)('let %s read and change its own tables alone', async (projector) => {
    const session = await accountsNow().cassandra(projector);
    for (const own of await tablesOf(projector))
      await session.execute(`SELECT * FROM ${own} LIMIT 1`, [], read);
    for (const other of PROJECTORS.filter((name) => name !== projector)) {
      for (const table of await tablesOf(other)) {
        await expect(session.execute(`SELECT * FROM ${table} LIMIT 1`, [], read)).rejects.toThrow(
          /no SELECT permission/,
        );
        await expect(session.schema([`TRUNCATE ${table}`])).rejects.toThrow(/no MODIFY permission/);
      }
    }
  });

  it.each(['query-service', 'projector-orders'])('do not let %s go beyond its work', async (account) => {
    const session = await accountsNow().cassandra(account);
    for (const cql of FORBIDDEN_IN_CASSANDRA)
      await expect(session.schema([cql]), cql).rejects.toThrow(
        /permission|not authorized|sufficient privileges/i,
      );
  });

  it('know the account no more that every new cluster has', async () => {
    await expect(accountsNow().cassandra('cassandra', 'cassandra')).rejects.toThrow(
      /not permitted to log in/,
    );
  });

  it('let command-service into no table but that of the keys', async () => {
    const session = await accountsNow().cassandra('command-service');
    await session.execute('SELECT * FROM meridian_keys.customer_key LIMIT 1', [], read);
    for (const table of ['meridian.projection_progress', ...(await tablesOf('projector-orders'))])
      await expect(session.execute(`SELECT * FROM ${table} LIMIT 1`, [], read)).rejects.toThrow(
        /no SELECT permission/,
      );
  });
}

function describeKafka(accountsNow: () => Accounts): void {
  const topic = 'meridian.orders.events';
  const messages = [{ key: 'a', value: 'forged' }];

  async function produceAs(account: string): Promise<unknown> {
    const producer = accountsNow().kafka(account).producer();
    await producer.connect();
    try {
      return await producer.send({ topic, messages });
    } finally {
      await producer.disconnect();
    }
  }

  async function asAdmin<T>(
    account: string,
    work: (admin: ReturnType<ReturnType<Accounts['kafka']>['admin']>) => Promise<T>,
  ): Promise<T> {
    const admin = accountsNow().kafka(account).admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  it.each(['query-service', ...PROJECTORS])('do not let %s write an event', async (account) => {
    await expect(produceAs(account)).rejects.toThrow(/not authorized/i);
  });

  it.each(['command-service', 'query-service', 'projector-orders'])(
    'do not let %s make, delete or change a topic',
    async (account) => {
      const make = asAdmin(account, (admin) =>
        admin.createTopics({ topics: [{ topic: 'meridian.mine', numPartitions: 1 }], waitForLeaders: false }),
      );
      await expect(make).rejects.toThrow();
      await expect(asAdmin(account, (admin) => admin.deleteTopics({ topics: [topic] }))).rejects.toThrow();
      const shown = await asAdmin('administrator', (admin) => admin.listTopics());
      expect(shown).toContain(topic);
      expect(shown).not.toContain('meridian.mine');
    },
  );

  it('do not let one projector move the offsets of another', async () => {
    const groupId = 'meridian.projector.orders.g1';
    const move = asAdmin('projector-sales', (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
    // kafkajs gives no other name to a refused look-up of the group.
    await expect(move).rejects.toThrow(/not authorized|group coordinator/i);
    await asAdmin('projector-orders', (admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
  });

  it('take no account of Kafka with another password', async () => {
    const admin = accountsNow().kafka('administrator', 'a guess').admin();
    await expect(admin.connect()).rejects.toThrow(/auth/i);
  });
}
