import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ordersProjection } from '@meridian/read-model-orders';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openSessions, type OrderSessions, type Side, type TestStack } from '@meridian/testing';
import { runCli } from '../cli.ts';

const listed = z.array(z.object({ projector: z.string(), generation: z.number(), state: z.string() }));
const ENOUGH = 6;
const OLD = ordersProjection.version;
const NEW = OLD + 1;

/** A rebuild of the orders by another version of their projection, its promotion and its way back. */
export const describeRebuild = (given: () => TestStack) =>
  describe('a rebuild with a changed projection, under load', () => {
    let stack: TestStack;
    let sessions: OrderSessions;
    let next: { readonly process: ChildProcess; readonly log: () => string } | undefined;

    beforeAll(async () => {
      stack = given();
      const { command, query } = stack.addresses;
      const byRegion = Object.entries(query).map(([region, address]) => [region, [address]] as const);
      sessions = await openSessions({ command: [command], query: Object.fromEntries(byRegion) });
    });

    afterAll(async () => {
      await sessions?.stop();
      await endNext('SIGTERM');
    });

    async function cli(
      ...args: readonly string[]
    ): Promise<{ readonly code: number | null; readonly output: string }> {
      return runCli(stack.folder, 'projections', ...args).ended;
    }
    async function states(): Promise<Record<number, string>> {
      const { output } = await cli('list', '--json');
      const orders = listed.parse(JSON.parse(output)).filter(({ projector }) => projector === 'orders');
      return Object.fromEntries(orders.map(({ generation, state }) => [generation, state]));
    }

    /** Starts the next version of the orders projector beside the one that runs. */
    function startNext(): void {
      const files = ['stack.env', 'projector-orders.env'].map((name) => path.join(stack.folder, name));
      const main = path.join(import.meta.dirname, 'changed-orders-projector.ts');
      const child = spawn(process.execPath, [...files.map((file) => `--env-file=${file}`), main], {
        env: { ...process.env, MERIDIAN_HTTP_PORT: '0', MERIDIAN_GRPC_ADDRESS: '127.0.0.1:0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let log = '';
      child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
      next = { process: child, log: () => log };
    }
    async function endNext(signal: NodeJS.Signals): Promise<void> {
      if (!next || next.process.exitCode !== null || next.process.signalCode !== null) return;
      const ended = once(next.process, 'exit');
      next.process.kill(signal);
      await ended;
    }
    const logged = (words: string) => expect.poll(() => next?.log() ?? '').toContain(words);

    /** Every region answers from one side, and from then on from no other. */
    async function answersComeFrom(side: Side): Promise<void> {
      const other = side === 'old' ? 'changed' : 'old';
      for (const region of stack.regions) {
        sessions.forget();
        await expect.poll(() => sessions.answers(region)[side]).toBeGreaterThan(0);
      }
      sessions.forget();
      for (const region of stack.regions) {
        await expect.poll(() => sessions.answers(region)[side]).toBeGreaterThan(ENOUGH);
        expect(sessions.answers(region)[other], `${region}: answers of the ${other} projection`).toBe(0);
      }
      expect(sessions.wrong).toEqual([]);
    }

    it('is filled beside the live one, also when the process that fills it is killed', async () => {
      await answersComeFrom('old');
      startNext();
      await logged('no generation of this version');
      const rebuilding = runCli(stack.folder, 'projections', 'rebuild', 'orders', '--max-rate', '50');
      await logged('filling from the journal');
      await endNext('SIGKILL');
      startNext();
      const { code, output } = await rebuilding.ended;
      expect(output).toContain(`generation ${NEW} of orders is filled and follows Kafka`);
      expect(code).toBe(0);
      expect(await states()).toEqual({ [OLD]: 'live', [NEW]: 'filled' });
      await answersComeFrom('old');
    });

    it('is compared: what differs is what was changed', async () => {
      const { code, output } = await cli('compare', 'orders');
      expect(code).toBe(1);
      expect(output).toContain('note');
      expect(output).not.toContain('total_minor');
    });

    it('is promoted, and no answer is wrong, older than its token or missing', async () => {
      const { code, output } = await cli('promote', 'orders', String(NEW));
      expect(output).toContain(`generation ${NEW} answers now`);
      expect(code).toBe(0);
      await answersComeFrom('changed');
      expect(await states()).toEqual({ [OLD]: 'previous', [NEW]: 'live' });
    });

    it('is rolled back to the old one, which was fed all the time', async () => {
      const { code, output } = await cli('rollback', 'orders');
      expect(output).toContain(`generation ${OLD} answers again`);
      expect(code).toBe(0);
      await answersComeFrom('old');
      expect(await states()).toEqual({ [OLD]: 'live', [NEW]: 'previous' });
    });
  });
