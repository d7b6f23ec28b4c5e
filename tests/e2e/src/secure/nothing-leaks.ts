import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stackStatus, type RunningStack } from '@meridian/local-stack';
import { describe, expect, it } from 'vitest';
import type { Journey } from './journey.ts';
import { findIn, placesOf } from './leaks.ts';
import type { ProcessList } from './process-list.ts';
import { secretsOf, type Needle } from './secrets.ts';

/** What must be found nowhere after a journey: the stack's secrets, the callers' tokens and the customer's data. */
export function needlesOf(
  { folder }: Pick<RunningStack, 'folder'>,
  { person, tokens }: Journey,
): readonly Needle[] {
  const { name, email, address } = person;
  const personal = Object.entries({ name, email, address });
  return [
    ...secretsOf(folder),
    ...[...tokens].map((text, index) => ({ what: `token ${index}`, text })),
    // Whoever has the signature has what a log without it lacks.
    ...[...tokens].map((text, index) => ({
      what: `signature of token ${index}`,
      text: text.split('.')[2] ?? '',
    })),
    ...personal.map(([field, text]) => ({ what: `${field} of the customer`, text })),
  ];
}

/** After the journey: no secret and no personal data in a log, a trace, a metric, an error or the process list. */
export function describeNoLeaks(stackOf: () => RunningStack, journey: Journey, processes: ProcessList): void {
  const search = async (needles: readonly Needle[]) =>
    findIn(await placesOf(stackOf(), journey, processes), needles);

  describe('what others may read of a closed stack', () => {
    it('is searched in every kind of place, of every process', async () => {
      const stack = stackOf();
      const control = [
        { what: 'start', text: '"event":"ready"' },
        { what: 'metric', text: '# HELP process_cpu' },
        { what: 'refusal', text: 'METHOD_NOT_ALLOWED' },
        { what: 'span', text: '"name":"project OrderPlaced"' },
        { what: 'main', text: 'command-service/src/main.ts' },
      ];
      // Spans are written a while after they end.
      await expect.poll(() => search(control)).toContain('span in log spans.jsonl');
      const found = await search(control);
      const services = stack.serviceNames;
      expect(found).toEqual(
        expect.arrayContaining([
          ...services.map((name) => `start in log ${name}.log`),
          ...services.map((name) => `metric in metrics ${name}`),
          'refusal in errors',
          'main in processes',
        ]),
      );
      const { engines } = await stackStatus(stack.folder);
      const listed = processes.now();
      for (const one of [...engines, ...(await stackStatus(stack.folder)).services]) {
        expect(listed.get(('pid' in one ? one.pid : undefined) ?? 0), one.name).toBeTruthy();
      }
      const names = (await placesOf(stack, journey, processes)).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(engines.map(({ name }) => `log ${name}.log`)));
    });

    it('shows no secret and no personal data', async () => {
      const needles = needlesOf(stackOf(), journey);
      expect(needles.length).toBeGreaterThan(50);
      expect(await search(needles)).toEqual([]);
    });

    // The last, because the list of what was seen keeps what is planted.
    it('would show a secret that is there', async () => {
      const stack = stackOf();
      const needles = needlesOf(stack, journey);
      const [password] = needles.filter(({ what }) => what.endsWith('passwords/command-service'));
      const [email] = needles.filter(({ what }) => what.startsWith('email'));
      if (!password || !email) throw new Error('there is nothing to plant');
      const file = path.join(stack.folder, 'logs', 'planted.log');
      writeFileSync(file, `at ${Buffer.from(email.text).toString('base64')} by ${password.text}\n`);
      const told = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', password.text]);
      try {
        const isListed = () => [...processes.now().values()].some((line) => line.includes(password.text));
        await expect.poll(isListed).toBe(true);
        const shown = { shown: [`no such person: ${email.text}`] };
        const found = findIn(await placesOf(stack, shown, processes), needles);
        const places = ['log planted.log', 'processes'].map((place) => `${password.what} in ${place}`);
        const others = ['log planted.log', 'errors'].map((place) => `${email.what} in ${place}`);
        expect(found).toEqual(expect.arrayContaining([...places, ...others]));
      } finally {
        told.kill();
        rmSync(file);
      }
    });
  });
}
