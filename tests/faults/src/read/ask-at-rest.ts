import { partitionKey, toToken, type PartitionKey, type Positions } from '@meridian/contracts';
import { setTimeout as pause } from 'node:timers/promises';
import type { Violation } from '../system/violation.ts';
import { ask, type Reply } from './ask.ts';
import { toFailure, type Failure } from './failures.ts';
import type { AppliedEvidence, Look, Question, Recorded } from './history.ts';
import { foldOrders } from './oracle/orders.ts';
import { clientsOf, type SessionPlaces } from './sessions.ts';

/** What became of questions that were asked once everything was applied. */
export interface AskedAtRest {
  /** Every answer, for the rules that all answers keep. */
  readonly looks: readonly Look[];
  readonly violations: readonly Violation[];
}

interface AtRest {
  /** What was applied of the whole journal. */
  readonly applied: Pick<AppliedEvidence, 'journal' | 'behind'>;
  /** The number of the session that these questions belong to. */
  readonly session: number;
  /** What is asked beside the rest: questions that were refused because of what was parked. */
  readonly again?: readonly Question[];
}

/** So long nothing may be answered, however slow the machine is. */
const SILENT_MS = 120_000;
const DEADLINE_MS = 10_000;
const POLL_MS = 200;
const AT_ONCE = 4;
const NEWEST_ORDERS = 24;
/** Of so many products the stock is asked for at once. */
const MOST_AT_ONCE = 100;

/**
 * Asks every kind of question in every region, with a token that names the whole journal, while nothing is harmed and everything
 * is applied. No fault excuses a missing answer then: each question is asked again until it has one. Asks nothing where something
 * is not applied, which is a violation already.
 */
export async function askAtRest(
  places: SessionPlaces,
  { applied: { journal, behind }, session, again = [] }: AtRest,
): Promise<AskedAtRest> {
  if (behind.length > 0) return { looks: [], violations: [] };
  const clients = clientsOf(places);
  const required = newestOf(journal);
  const questions = questionsOn(journal, again);
  const asked = await Promise.all(
    [...clients].map(async ([region, client]) => {
      client.see(toToken(required));
      const { replies, violations } = await untilAnswered(region, questions, (question) =>
        ask(client, question, DEADLINE_MS).catch(toFailure),
      );
      return { violations, looks: replies.map((reply): Look => ({ session, region, required, ...reply })) };
    }),
  ).finally(() => {
    for (const client of clients.values()) client.close();
  });
  return {
    looks: asked.flatMap(({ looks }) => looks),
    violations: asked.flatMap(({ violations }) => violations),
  };
}

/**
 * Asks each question until it is answered and nothing is parked any more. Gives up when no question has been answered for
 * `silentMs`, and tells of every question that is left.
 */
export async function untilAnswered(
  region: string,
  questions: readonly Question[],
  askOnce: (question: Question) => Promise<Reply | Failure>,
  silentMs = SILENT_MS,
): Promise<{ readonly replies: readonly Reply[]; readonly violations: readonly Violation[] }> {
  const replies: Reply[] = [];
  const violations: Violation[] = [];
  const open = questions.map((question) => ({ question, last: unanswered('it was not asked any more') }));
  let untilMs = performance.now() + silentMs;

  /** Answers with what is wrong, where the question has to be asked again. */
  async function attempt(question: Question): Promise<Violation | undefined> {
    const reply = await askOnce(question);
    if (!('kind' in reply)) {
      replies.push(reply);
      const { parkedAggregates: parked } = reply;
      return parked > 0 ? stillParked(`the answer counts ${parked} parked aggregates`) : undefined;
    }
    const { kind, status } = reply;
    if (kind === 'parked') return stillParked(status);
    if (kind === 'passing') return unanswered(status);
    violations.push(named({ rule: 'errors are foreseen', detail: status }, question));
    return undefined;
  }

  const named = ({ rule, detail }: Violation, question: Question): Violation => ({
    rule,
    detail: `${textOf(question)} in ${region}: ${detail}`,
  });

  async function work(): Promise<void> {
    for (let next = open.shift(); next; next = open.shift()) {
      const wrong = await attempt(next.question);
      const nowMs = performance.now();
      if (!wrong) {
        untilMs = nowMs + silentMs;
        continue;
      }
      open.push({ ...next, last: wrong });
      if (nowMs > untilMs) return;
      await pause(POLL_MS);
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { replies, violations: [...violations, ...open.map(({ question, last }) => named(last, question))] };
}

const unanswered = (detail: string): Violation => ({ rule: 'every question is answered at rest', detail });
const stillParked = (detail: string): Violation => ({ rule: 'nothing stays parked', detail });

/** What a token names that names the whole journal. */
function newestOf(journal: readonly Recorded[]): Positions {
  const newest = new Map<PartitionKey, bigint>();
  for (const { context, shard, position } of journal) newest.set(partitionKey(context, shard), position);
  return newest;
}

/** Every kind of question, on what the journal tells of; on the newest orders. Each question once. */
function questionsOn(journal: readonly Recorded[], again: readonly Question[]): readonly Question[] {
  const idsOf = (type: string) => [
    ...new Set(
      journal.filter(({ aggregateType }) => aggregateType === type).map(({ aggregateId }) => aggregateId),
    ),
  ];
  const orderIds = [...foldOrders(journal).keys()].slice(-NEWEST_ORDERS);
  const all: readonly Question[] = [
    { kind: 'sales' },
    ...idsOf('customer').flatMap((customerId) => [
      { kind: 'customer' as const, customerId },
      { kind: 'customer-orders' as const, customerId },
    ]),
    ...idsOf('stock').map((productId) => ({ kind: 'stock' as const, productId })),
    { kind: 'stocks', productIds: idsOf('stock').slice(0, MOST_AT_ONCE) },
    ...idsOf('product').map((productId) => ({ kind: 'product' as const, productId })),
    ...orderIds.flatMap((orderId) => [
      { kind: 'order' as const, orderId },
      { kind: 'history' as const, orderId },
    ]),
    ...again,
  ];
  return [...new Map(all.map((question) => [textOf(question), question])).values()];
}

function textOf(question: Question): string {
  return Object.values(question).join(' ');
}
