// `npm run fuzz -- --seed N --minutes M`: sends made-up and damaged input to everything that takes input from outside.
import { argumentsOf } from '../shell/arguments.ts';
import { startAllTargets } from './all-targets.ts';
import { runTargets } from './run-targets.ts';

const USAGE = `Usage: npm run fuzz -- [--seed N] [--minutes M] [--only TEXT]

  --seed     where chance begins; the same seed tries the same inputs (1)
  --minutes  how long to go on (1)
  --only     targets whose name holds this text`;

const { values } = argumentsOf({
  options: {
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  },
});
const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
if (values.help || !Number.isSafeInteger(seed) || !(minutes > 0)) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const all = await startAllTargets();
const targets = all.targets.filter(({ name }) => name.includes(values.only));
if (targets.length === 0) {
  console.error(`no target holds "${values.only}" in its name`);
  process.exit(2);
}
const stop = new AbortController();
const timer = setTimeout(() => stop.abort(), minutes * 60_000);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
const { counts, failures, grownBytes } = await runTargets(targets, { seed, signal: stop.signal });
clearTimeout(timer);
await all.stop();

let total = 0;
for (const { name, outcomes } of targets) {
  const count = counts.get(name) ?? 0;
  const told = [...(outcomes ?? [])].map(([outcome, times]) => `${outcome} ${times}`).sort();
  total += count;
  console.log(`${String(count).padStart(8)}  ${name}${told.length > 0 ? ` (${told.join(', ')})` : ''}`);
}
console.log(
  `${String(total).padStart(8)}  inputs from seed ${seed} on; memory grew by ${grownBytes >> 20} MiB`,
);
for (const { target, seed: failed, input, why } of failures)
  console.error(
    `\nFAILED: ${target}\n  again: npm run fuzz -- --seed ${failed} --only '${target}'\n  input: ${input}\n  ${why}`,
  );
console.log(`\n${counts.size - failures.length} targets passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
