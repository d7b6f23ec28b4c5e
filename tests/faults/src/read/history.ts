import type { DomainEvent, EventEnvelope, Positions } from '@meridian/contracts';

/** An event of the journal: what every answer and every row has to follow from. */
export type Recorded = Pick<
  EventEnvelope,
  'position' | 'shard' | 'context' | 'aggregateType' | 'aggregateId' | 'version' | 'time'
> & { readonly event: DomainEvent };

/** An order as an answer tells it. */
export interface OrderShown {
  readonly orderId: string;
  readonly version: bigint;
  readonly status: string;
  readonly totalMinor: bigint;
}

/** An order as an answer tells it whole. */
export interface WholeOrderShown extends OrderShown {
  readonly returnedMinor: bigint;
  /** The length of its history. */
  readonly steps: number;
}

/** A customer as an answer tells it, with what its orders are worth; all of them have one currency. */
export interface CustomerShown {
  readonly version: bigint;
  readonly isErased: boolean;
  /** Name, e-mail address and address, those that are empty left out. */
  readonly personalData: readonly string[];
  readonly ordersPlaced: bigint;
  readonly worthMinor: bigint;
}

/** A product's stock as an answer tells it. */
export interface StockShown {
  readonly version: bigint;
  readonly onHand: bigint;
  readonly reserved: bigint;
}

/** A product as an answer tells it. */
export interface ProductShown {
  readonly version: bigint;
  readonly priceMinor: bigint;
}

/** A step of an order as its history tells it. */
export interface StepShown {
  readonly version: bigint;
  readonly type: string;
}

/** Sales of one day as an answer tells them. */
export interface DayShown {
  readonly day: string;
  readonly country: string;
  readonly currency: string;
  readonly ordersPlaced: bigint;
  readonly ordersCancelled: bigint;
  readonly placedMinor: bigint;
  readonly cancelledMinor: bigint;
  readonly returnedMinor: bigint;
}

/** Something to ask. */
export type Question =
  | { readonly kind: 'order'; readonly orderId: string }
  | { readonly kind: 'history'; readonly orderId: string }
  | { readonly kind: 'stock'; readonly productId: string }
  | { readonly kind: 'stocks'; readonly productIds: readonly string[] }
  | { readonly kind: 'product'; readonly productId: string }
  | { readonly kind: 'customer-orders'; readonly customerId: string }
  | { readonly kind: 'customer'; readonly customerId: string }
  | { readonly kind: 'sales' };

/** What was asked, and what came back. */
export type Answered =
  | {
      readonly kind: 'order';
      readonly orderId: string;
      /** Undefined: the region knows no such order. */
      readonly shown: WholeOrderShown | undefined;
    }
  | {
      readonly kind: 'history';
      readonly orderId: string;
      readonly shown: readonly StepShown[] | undefined;
    }
  | { readonly kind: 'stock'; readonly productId: string; readonly shown: StockShown | undefined }
  | {
      readonly kind: 'stocks';
      readonly productIds: readonly string[];
      /** By product; a product that the region does not know is not there. */
      readonly shown: ReadonlyMap<string, StockShown>;
    }
  | { readonly kind: 'product'; readonly productId: string; readonly shown: ProductShown | undefined }
  | { readonly kind: 'customer-orders'; readonly customerId: string; readonly shown: readonly OrderShown[] }
  | { readonly kind: 'customer'; readonly customerId: string; readonly shown: CustomerShown | undefined }
  | { readonly kind: 'sales'; readonly shown: readonly DayShown[] };

/** What an answer says of the copy that it comes from. */
export interface Source {
  /** The region that answered. */
  readonly region: string;
  /** Whether that region stands in for the one that was asked. */
  readonly fallback: boolean;
  /** The highest position that the copy had applied. */
  readonly position: bigint;
}

/** One question that was answered, as its session saw it. In the order in which the session asked. */
export interface Look {
  readonly session: number;
  readonly region: string;
  /** What the session had seen before it asked: the answer must show at least that. */
  readonly required: Positions;
  /** What the answer's token names: the answer must show no more than that. */
  readonly named: Positions;
  /** Aggregates of which something is parked, as the answer told: a list or a sum may lack what is theirs. */
  readonly parkedAggregates: number;
  /** Where each page of the answer came from; nothing where there is no such thing. */
  readonly sources: readonly Source[];
  readonly answer: Answered;
}

/** What one watch of an order pushed, in its order. */
export interface Watched {
  readonly region: string;
  readonly orderId: string;
  readonly pushes: readonly {
    readonly shown: WholeOrderShown;
    readonly named: Positions;
    readonly source: Source;
    /** In which of the waves it came, counted from 0: what comes before a wave counts as the wave's. */
    readonly wave: number;
  }[];
  /** How it ended, when it ended by itself. */
  readonly failure?: string;
}

/** A table's rows by key; values as text. */
export type Rows = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** The tables of one region, by read model's table and generation. */
export interface RegionRows {
  readonly region: string;
  readonly tables: readonly { readonly table: string; readonly generation: number; readonly rows: Rows }[];
}

/** Everything that was seen of a run. */
export interface ReadEvidence extends AppliedEvidence {
  readonly looks: readonly Look[];
  readonly watches: readonly Watched[];
  /** Whether the faults of the run leave something parked or deferred for a while. */
  readonly parks: boolean;
  /** Questions that were refused because of what was parked or deferred. */
  readonly refusedAsParked: readonly Question[];
}

/** What was applied of the journal, after a while. */
export interface AppliedEvidence {
  readonly journal: readonly Recorded[];
  readonly regions: readonly RegionRows[];
  /** The tables whose projectors ran. */
  readonly tables: readonly string[];
  /** Read models that had not applied the whole journal in some region when there had been ample time. */
  readonly behind: readonly string[];
}
