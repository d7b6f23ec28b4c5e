import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningStack } from '@meridian/local-stack';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCli, runCliWith } from '../cli.ts';
import type { Journey } from './journey.ts';

/** A command, its exit code where it is not 0, and what it prints. */
type Asked = readonly [args: readonly string[], prints: RegExp, code?: number];

/**
 * Every command of an operator that speaks to an engine or to the journal's service, one after the other, as pasted. None names an
 * address, an account or a password.
 */
const commandsOn = ({ orderId, customerId }: Pick<Journey, 'orderId' | 'customerId'>): readonly Asked[] => [
  [['journal', 'head'], /the journal goes to position \d+/],
  [['journal', 'read', '--to', '1'], /^1 .* v1 /m],
  [['journal', 'verify'], /nothing is wrong/],
  // With --force, because replicas are at work: all that Kafka holds is in the journal.
  [['journal', 'fence', '--force'], /nothing to do: the next position is above all that Kafka holds/],
  [['journal', 'republish', '--from', '1', '--to', '1'], /1 events were published again/],
  [['journal', 'reset-readers', '--yes'], /projectors are at work/, 1],
  [['projections', 'list'], /catalog .* live/],
  [['projections', 'rebuild', 'catalog'], /generation 2 of catalog is filled/],
  [['projections', 'compare', 'catalog'], /product +1 +1/],
  [['projections', 'promote', 'catalog', '2'], /generation 2 answers now/],
  [['projections', 'rollback', 'catalog'], /generation 1 answers again/],
  [['projections', 'drop', 'catalog', '2'], /generation 2 of catalog is gone/],
  [['parked', 'list'], /nothing is parked/],
  [['parked', 'show', 'orders', orderId], /orders has no parked events of /, 1],
  [['parked', 'retry', 'orders', orderId], /orders has no parked events of /, 1],
  [['trace', 'order', orderId], /us-east: version 1: all of it is shown/],
  [['trace', 'customer', customerId], /eu-west: version \d+: all of it is shown/],
];

/** As in a pod of a closed system, where no stack is: the engines, as the environment names them. */
function withoutStack({ folder, engineEnvironment, names }: RunningStack): Readonly<Record<string, string>> {
  // User and password are in a file instead.
  const { MERIDIAN_MYSQL_URL: _url, ...others } = engineEnvironment;
  const authorityFile = path.join(folder, 'engines/security/authority.crt');
  const secured = (engine: string) => ({
    [`MERIDIAN_${engine}_AUTHORITY_FILE`]: authorityFile,
    [`MERIDIAN_${engine}_USER`]: 'administrator',
    [`MERIDIAN_${engine}_PASSWORD_FILE`]: path.join(folder, 'engines/security/passwords/administrator'),
  });
  return {
    MERIDIAN_STACK_FOLDER: path.join(folder, 'no-stack'),
    MERIDIAN_MYSQL_URL_FILE: path.join(folder, 'security/command-service.meridian_mysql_url'),
    MERIDIAN_MYSQL_AUTHORITY_FILE: authorityFile,
    MERIDIAN_MYSQL_DATABASE: names.database,
    ...others,
    MERIDIAN_CASSANDRA: engineEnvironment['MERIDIAN_CASSANDRA_EU_WEST'] ?? '',
    ...secured('KAFKA'),
    ...secured('CASSANDRA'),
  };
}

/** What an operator does on a closed stack, with the order and the customer of an earlier session. */
export function describeOperator(stackOf: () => RunningStack, journey: Journey): void {
  describe('an operator of a closed stack', () => {
    beforeAll(async () => {
      const { code, output } = await runCli(stackOf().folder, 'login', '--role', 'operator').ended;
      expect(output).toContain('a token for operator');
      expect(code).toBe(0);
    });

    it('runs meridian status, and sees that a projector has done all, once its offsets are committed', async () => {
      const statusNow = async () => {
        const { code, output } = await runCli(stackOf().folder, 'status').ended;
        journey.shown.push(output);
        expect(code).toBe(0);
        return output;
      };
      await expect.poll(statusNow).toMatch(/catalog .* 0 0 0 0 0 0 0 0 0 0 0 0/);
    });

    for (const [args, prints, expected = 0] of commandsOn(journey)) {
      it(`runs meridian ${args.join(' ')}`, async () => {
        const { code, output } = await runCli(stackOf().folder, ...args).ended;
        journey.shown.push(output);
        expect(output).toMatch(prints);
        expect(code).toBe(expected);
      });
    }

    it('copies all data of MySQL', async () => {
      const copy = path.join(stackOf().folder, 'copy');
      try {
        const { code, output } = await runCli(stackOf().folder, 'journal', 'backup', copy).ended;
        expect(output).toMatch(/holds everything up to position \d+/);
        expect(code).toBe(0);
      } finally {
        await rm(copy, { recursive: true, force: true });
      }
    });

    it('rotates the master key, naming nothing but the keys', async () => {
      const { folder } = stackOf();
      const keys = path.join(folder, 'security/meridian_master_key');
      const variables = { MERIDIAN_STACK_FOLDER: folder, MERIDIAN_MASTER_KEY_FILE: keys };
      const { code, output } = await runCliWith(variables, 'keys', 'rotate').ended;
      expect(output).toMatch(/every region has all keys under the master key/);
      expect(code).toBe(0);
    });

    it('works on engines that the environment names, as the services do', async () => {
      const { code, output } = await runCliWith(withoutStack(stackOf()), 'trace', 'order', journey.orderId)
        .ended;
      expect(output).toMatch(/kafka: version 1 is in partition/);
      expect(output).toMatch(/us-east: version 1: all of it is shown/);
      expect(code).toBe(0);
    });

    it('repeats erasures at an address, by the token and the authority that the environment names', async () => {
      const { folder, access, addresses } = stackOf();
      const variables = {
        ...withoutStack(stackOf()),
        MERIDIAN_CLIENT_AUTHORITY_FILE: access?.authorityFile ?? '',
        MERIDIAN_CLIENT_SERVER_NAME: 'localhost',
        MERIDIAN_CLIENT_TOKEN_FILE: access?.tokenFile ?? '',
      };
      const lost = path.join(folder, 'lost.jsonl');
      const nobody = { aggregateId: 'nobody-of-this-name', position: '1' };
      const erasure = { type: 'CustomerErased', eventId: randomUUID(), ...nobody };
      await writeFile(lost, JSON.stringify(erasure));
      const args = ['journal', 'erase-again', lost, '--address', addresses.command];
      const { code, output } = await runCliWith(variables, ...args).ended;
      expect(output).toContain('0 of 1 lost erasures were repeated');
      expect(output).toContain('0 more were repeated that eu-west remembers');
      expect(code).toBe(0);
    });
  });
}
