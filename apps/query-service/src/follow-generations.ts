import { setTimeout as pause } from 'node:timers/promises';
import { unlessAborted, within } from '@meridian/async';
import type { CassandraSession } from '@meridian/cassandra';
import { type GenerationRegister, readModelJournals, readRegister } from '@meridian/read-store';
import type { Log } from '@meridian/messaging';
import type { WaitingCall } from './reached.ts';
import type { ReadModel } from './read-model.ts';
import { RegionStoreError, type RegionStore } from './region-store.ts';
import { missingTables } from './schema.ts';

/** What is followed. */
export interface FollowGenerationsOptions {
  readonly stores: readonly RegionStore[];
  readonly keyspace: string;
  readonly models: readonly ReadModel[];
  readonly log: Log;
  /** How often to look. */
  readonly everyMs?: number;
}

/** Follows the pointers to the live generations. */
export interface FollowedGenerations {
  /** Whether the live generations are known. Nothing should be answered before that. */
  known(): boolean;
  /**
   * Resolves once the live generations are known. Rejects with RegionStoreError at the deadline, and earlier when no store serves.
   * Rejects with the signal's reason once the signal is aborted.
   */
  untilKnown(call: Pick<WaitingCall, 'deadline' | 'signal'>): Promise<void>;
  /** The journals that the live generations are made of, as far as that is known. */
  journals(): ReadonlySet<string>;
  stop(): Promise<void>;
}

const REGISTER = 'projection_generation';
/** The journals are read once per so many looks: the journal of a read model changes only when everything is made anew. */
const LOOKS_PER_JOURNAL = 25;

/** Looks at the register of every read model again and again, and has the models follow it within a second. */
export function followGenerations(options: FollowGenerationsOptions): FollowedGenerations {
  const { stores, keyspace, models, log, everyMs = 400 } = options;
  const stopping = new AbortController();
  const followed = new Map<ReadModel, GenerationRegister>();
  let known = false;
  let isThere = false;
  let looks = 0;
  let journals: ReadonlySet<string> = new Set();
  let looked = Promise.withResolvers<void>();

  /** Has those that wait look at what is known now. */
  function tell(): void {
    looked.resolve();
    looked = Promise.withResolvers();
  }
  async function look(session: CassandraSession): Promise<void> {
    // Projectors make the table of registers; before the first of them there is only the first generation.
    isThere ||= (await missingTables(session, new Map([[keyspace, [REGISTER]]]))).length === 0;
    if (isThere) await Promise.all(models.map((model) => lookAt(session, model)));
    known = true;
    tell();
    if (isThere && looks++ % LOOKS_PER_JOURNAL === 0) journals = await journalsOf(session);
  }
  async function journalsOf(session: CassandraSession): Promise<ReadonlySet<string>> {
    const ids = models.map(async (model) =>
      (await readModelJournals(session, keyspace, model.name)).get(model.live()),
    );
    return new Set((await Promise.all(ids)).filter((id) => id !== undefined));
  }
  async function lookAt(session: CassandraSession, model: ReadModel): Promise<void> {
    const register = await readRegister(session, keyspace, model.name);
    if (!register || isOlder(register, followed.get(model))) return;
    const before = model.live();
    const kept = register.generations.filter(({ droppedAt }) => !droppedAt);
    await model.follow(
      register.live,
      kept.map(({ generation }) => generation),
    );
    followed.set(model, register);
    const fields = { readModel: model.name, from: before, to: register.live, epoch: String(register.epoch) };
    if (before !== register.live) log.info(fields, 'answers from another generation now');
  }
  /** Nothing is answered before the first look: until then the next store is asked at once, as a question does. */
  async function lookInTurn(): Promise<void> {
    for (const { session } of stores.filter((store) => store.isServing())) {
      // A store that is away is told by its breaker.
      const failure: unknown = await look(session).catch((error: unknown) => error);
      if (known || !(failure instanceof RegionStoreError)) return;
    }
  }
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await lookInTurn();
      tell();
      await pause(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const done = run();
  return {
    known: () => known,
    async untilKnown({ deadline, signal }) {
      while (!known) {
        if (stopping.signal.aborted || !stores.some((store) => store.isServing())) throw unknown();
        const restMs = Math.max(0, deadline.getTime() - Date.now());
        await within(restMs, unlessAborted(signal, looked.promise), unknown);
      }
    },
    journals: () => journals,
    async stop() {
      stopping.abort();
      await done;
      tell();
    },
  };
}

const unknown = () => new RegionStoreError('it is not known yet which generations are live');

/**
 * Whether a register is what the one that was followed was before: another region serves and has not heard of the last change
 * yet. Epochs of a register that was made anew begin anew.
 */
function isOlder(register: GenerationRegister, followed: GenerationRegister | undefined): boolean {
  if (!followed || madeAt(register) !== madeAt(followed)) return false;
  return register.epoch < followed.epoch;
}

const madeAt = ({ generations }: GenerationRegister) => generations[0]?.createdAt.getTime();
