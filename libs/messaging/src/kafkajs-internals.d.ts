// kafkajs publishes no types of its inner files. These are imported by name, so that a bundle holds the same files that kafkajs uses.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The part of kafkajs' request queue that is corrected. */
  export interface RequestQueue {
    pending: readonly unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }

  const requestQueue: { readonly prototype: RequestQueue };
  export default requestQueue;
}

declare module 'kafkajs/src/protocol/requests/fetch/index.js' {
  /** The versions of a fetch that kafkajs knows. */
  const fetch: { readonly versions: readonly string[] };
  export default fetch;
}

declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  /** How kafkajs reads what a broker answers to a fetch of version 11, the newest that kafkajs knows. */
  const response: { decode(raw: Buffer): Promise<unknown> };
  export default response;
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  import type { Message } from 'kafkajs';

  /** What kafkajs' producer wants to be sent. */
  export interface ProduceArguments {
    readonly acks: number;
    readonly timeout: number;
    readonly compression?: number;
    readonly transactionalId?: string | null | undefined;
    /** A number of 64 bits as a text; undefined where the producer is not idempotent. */
    readonly producerId?: unknown;
    readonly producerEpoch?: number;
    readonly topicData: readonly {
      readonly topic: string;
      readonly partitions: readonly {
        readonly partition: number;
        readonly firstSequence?: number;
        readonly messages: readonly Message[];
      }[];
    }[];
  }

  /** A request, and how its answer is read. */
  export interface ProduceExchange {
    readonly request: {
      /** Gives an encoder, of which `buf` and `buffer` are used. */
      encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
    };
    readonly response: unknown;
  }

  const produce: {
    readonly versions: readonly string[];
    protocol(of: { readonly version: number }): (given: ProduceArguments) => ProduceExchange;
  };
  export default produce;
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C/index.js' {
  /** The checksum CRC-32C. */
  export default function crc32C(buffer: Buffer): number;
}

declare module 'kafkajs/src/retry/index.js' {
  /** kafkajs' own loop of tries: it ends at once at an error that is not `retriable`. */
  type Retry = <T>(work: (bail: (error: Error) => void) => Promise<T>) => Promise<T>;
  export default function createRetry(options: {
    readonly retries?: number;
    readonly initialRetryTime?: number;
  }): Retry;
}

declare module 'kafkajs/src/cluster/index.js' {
  /** The part of kafkajs' view of the brokers that is corrected. */
  export interface Cluster {
    findGroupCoordinator(this: unknown, group: { readonly groupId: string }): Promise<unknown>;
    findGroupCoordinatorMetadata(this: unknown, group: { readonly groupId: string }): Promise<unknown>;
  }

  const cluster: { readonly prototype: Cluster };
  export default cluster;
}

declare module 'kafkajs/src/protocol/requests/metadata/index.js' {
  /** What a broker says of topics, as kafkajs has decoded it. */
  export interface MetadataAnswer {
    readonly topicMetadata: readonly {
      readonly topicErrorCode: number;
      readonly topic: string;
      readonly partitionMetadata: readonly { readonly partitionErrorCode: number }[];
    }[];
  }

  /** A request, and how its answer is read. */
  export interface MetadataExchange {
    readonly request: unknown;
    readonly response: { parse(answer: MetadataAnswer): Promise<MetadataAnswer> };
  }

  const metadata: {
    readonly versions: readonly string[];
    protocol: (of: {
      readonly version: number | string;
    }) => (asked: { readonly topics: readonly string[] }) => MetadataExchange;
  };
  export default metadata;
}
