import type { PartitionKey } from '@meridian/contracts';
import type { Violation } from '@meridian/write-store';
import type { FaultKind } from './schedule.ts';

/** One line of an order. */
export interface OrderedLine {
  readonly productId: string;
  readonly quantity: bigint;
}

/** A step of an order on its way. */
export type Step = 'pay' | 'ship' | 'cancel' | 'return';

/** What a client wants done, whatever becomes of it. */
export type Wish =
  | {
      readonly kind: 'place';
      readonly requestId: string;
      /** The agreed price of every line, different for every wish: finds its order in the journal again. */
      readonly marker: bigint;
      /** Empty: the service makes one. */
      readonly orderId: string;
      readonly customerId: string;
      readonly lines: readonly OrderedLine[];
    }
  | {
      readonly kind: 'receive';
      readonly requestId: string;
      readonly receiptId: string;
      readonly productId: string;
      readonly quantity: bigint;
    }
  | {
      readonly kind: 'step';
      readonly requestId: string;
      readonly step: Step;
      readonly orderId: string;
      /** What the order costs: a payment is always of that. */
      readonly totalMinor: bigint;
      /** What comes back, by line number; of a return only. */
      readonly back: readonly { readonly lineNo: number; readonly quantity: bigint }[];
    };

/** What finds the one event of a wish in the journal again: different for every wish. */
export function markOf(wish: Wish): string {
  switch (wish.kind) {
    case 'place':
      return `price ${wish.marker}`;
    case 'receive':
      return `receipt ${wish.receiptId}`;
    case 'step':
      return `${wish.step} ${wish.requestId}`;
  }
}

/** How one attempt ended. */
export type Outcome =
  | {
      readonly kind: 'accepted';
      readonly aggregateId: string;
      readonly version: bigint;
      readonly positions: ReadonlyMap<PartitionKey, bigint>;
      readonly replayed: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string; readonly shortProducts: readonly string[] }
  /** The request id was used before with other content. */
  | { readonly kind: 'conflict' }
  /** No answer, or one that says nothing of what was done. */
  | {
      readonly kind: 'unknown';
      readonly status: string;
      /** The reason that a service names in every error of its own; undefined when the connection broke. */
      readonly reason?: string;
      readonly words?: string;
    };

/** One call of one client, as the client saw it. Times are Date.now(). */
export interface Attempt {
  readonly wish: Wish;
  readonly replica: number;
  /** Whether the client sent another content under a request id that had been used, on purpose. */
  readonly reuse: boolean;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  readonly outcome: Outcome;
}

/** An event of the journal, as far as the checker looks. */
export interface JournalEvent {
  readonly position: bigint;
  readonly shard: number;
  readonly context: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly version: bigint;
  readonly type: string;
  readonly recordedAtMs: number;
  /** The payload in hexadecimal. */
  readonly payload: string;
  /** What marks its wish; undefined when an event is not the one that its wish asks for. */
  readonly mark?: string;
  /** Of a StockReceived: pieces. */
  readonly received?: bigint;
  /** Of an event of a stock: pieces on hand and reserved after it. */
  readonly level?: { readonly onHand: bigint; readonly reserved: bigint };
}

/** A message of Kafka, in the order of its partition. */
export interface PublishedEvent {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
  readonly payload: string;
}

/** A fault that happened. Times are Date.now(). */
export interface Harm {
  readonly kind: FaultKind;
  /** The replica that was harmed, when one was. */
  readonly replica: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Everything that was seen of a run. */
export interface Evidence {
  /** In the order in which they ended. */
  readonly attempts: readonly Attempt[];
  readonly journal: readonly JournalEvent[];
  readonly published: readonly PublishedEvent[];
  /** The stock table's rows. */
  readonly stocks: readonly {
    readonly productId: string;
    readonly onHand: bigint;
    readonly reserved: bigint;
    readonly version: bigint;
  }[];
  /** What `verifyJournal` found once the load was over. */
  readonly verified: readonly Violation[];
  /** Every step back of a cursor of the relay. */
  readonly stepsBack: readonly { readonly shard: number; readonly from: bigint; readonly to: bigint }[];
  /** Every COMMIT that a proxy let through to the server after its client had gone. */
  readonly lateCommits: readonly {
    readonly cutAtMs: number;
    readonly atMs: number;
    readonly wasAnswered: boolean;
  }[];
  /** What was done to the system, and when it was healed. */
  readonly harms: readonly Harm[];
  /** Groups committed, and rolled back by a deadlock or a lock time-out, by the replicas that were alive at the end. */
  readonly commits: { readonly groups: number; readonly retries: number };
}
