import { expect, it } from 'vitest';
import { chosenFrom } from './chosen.ts';
import { MEASUREMENTS } from './index.ts';

function chosen(names: string | undefined) {
  const { measurements, unknown } = chosenFrom(MEASUREMENTS, names);
  return { names: measurements.map(({ name }) => name), unknown };
}

it('chooses by name and by the beginning of a name, in the order in which the lines run', () => {
  expect(chosen('query.echo, commands.hot')).toEqual({ names: ['commands.hot', 'query.echo'], unknown: [] });
  expect(chosen('relay.')).toEqual({ names: ['relay.throughput', 'relay.latency_p99'], unknown: [] });
});

it('chooses every line where none is named', () => {
  expect(chosen(undefined)).toEqual({ names: MEASUREMENTS.map(({ name }) => name), unknown: [] });
});

it('tells of every name that stands for no line, also beside names that do', () => {
  expect(chosen('commands.throughput,relay.trougput,rely.,')).toEqual({
    names: ['commands.throughput'],
    unknown: ['relay.trougput', 'rely.', ''],
  });
});
