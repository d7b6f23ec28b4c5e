import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTEXTS } from './contexts.ts';
import { contextOf, decodeEvent, encodeEvent, EVENT_TYPES, isEventType } from './events.ts';
import * as generated from './generated/index.ts';

// What is stored for ever must stay readable for ever. A sample is written once, when its event (or a new version of
// it) is added, and never again.
//
// - proto/samples/<context>/<Event>.v<n>.json holds the event in the form that toJSON gives.
// - <Event>.v<n>.binpb beside it is made by `buf convert proto --type meridian.<context>.v1.<Event> --from
//   <Event>.v<n>.json --to <Event>.v<n>.binpb`.
const folder = join(import.meta.dirname, '../../../proto/samples');

interface Sample {
  readonly context: string;
  readonly type: string;
  readonly name: string;
}

const samples: readonly Sample[] = readdirSync(folder).flatMap((context) =>
  readdirSync(join(folder, context))
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ context, type: file.split('.')[0] ?? '', name: file.slice(0, -'.json'.length) })),
);

interface Codec {
  fromJSON(json: unknown): unknown;
  toJSON(message: unknown): unknown;
  decode(bytes: Uint8Array): unknown;
}

function isCodec(value: unknown): value is Codec {
  return typeof value === 'object' && value !== null && 'fromJSON' in value && 'toJSON' in value;
}

/** What is generated from the message of the event's name. */
function codecOf(type: string): Codec {
  const codec: unknown = Object.entries(generated).find(([name]) => name === type)?.[1];
  if (!isEventType(type) || !isCodec(codec)) throw new Error(`${type} is no event of proto/`);
  return codec;
}

const jsonOf = (sample: Sample): unknown =>
  JSON.parse(readFileSync(join(folder, sample.context, `${sample.name}.json`), 'utf8'));
const binaryOf = (sample: Sample): Uint8Array =>
  readFileSync(join(folder, sample.context, `${sample.name}.binpb`));

describe('stored samples of events', () => {
  it('exist for every type of event, under its own context', () => {
    const wanted = EVENT_TYPES.map((type) => `${contextOf(type)}/${type}.v1`);
    const present = new Set(samples.map(({ context, name }) => `${context}/${name}`));
    expect(wanted.filter((name) => !present.has(name))).toEqual([]);
  });

  it('are of types that the code still knows', () => {
    expect(
      samples.filter(
        ({ type, context }) => !isEventType(type) || !CONTEXTS.some((known) => known === context),
      ),
    ).toEqual([]);
  });

  it.each(samples)('read the same as on the day they were stored: $context/$name', (sample) => {
    const codec = codecOf(sample.type);
    expect(codec.toJSON(codec.decode(binaryOf(sample)))).toEqual(jsonOf(sample));
  });

  it.each(samples)('are written the same from their JSON: $context/$name', (sample) => {
    if (!isEventType(sample.type)) throw new Error(`${sample.type} is not known`);
    const stored = binaryOf(sample);
    expect(decodeEvent(sample.type, stored).data).toEqual(codecOf(sample.type).fromJSON(jsonOf(sample)));
    expect(Buffer.from(encodeEvent(decodeEvent(sample.type, stored))).equals(stored)).toBe(true);
  });
});
