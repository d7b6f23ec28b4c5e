import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import kafkajs, { type ISocketFactory, type Kafka, type KafkaConfig } from 'kafkajs';
import { patchCoordinatorSearch } from './coordinator-patch.ts';
import { patchMetadata } from './metadata-patch.ts';
import { patchWire } from './wire/patch-wire.ts';
import { forwardLog } from './kafka-log.ts';
import { silentLog, type Log } from './log.ts';
import { patchRequestQueue } from './request-queue-patch.ts';
import { compress, decompress } from './zstd.ts';

/** Where Kafka is, and the name of this client. */
export interface KafkaOptions {
  /** `host:port` of at least one broker. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log?: Log;
  /** TLS and, with an account, SASL by SCRAM-SHA-512. Without it, everything travels as it is. */
  readonly security?: KafkaSecurity | undefined;
}

/** How to connect to brokers that are closed. Its properties are asked for anew for every connection, so they may change. */
export interface KafkaSecurity {
  /** Whose signature on a broker's certificate is trusted, in PEM. */
  readonly authority: string;
  readonly account?: { readonly user: string; readonly password: string } | undefined;
}

/** As kafkajs wants it. There is no fall-back: a broker that speaks no TLS, or not as that account, is not spoken to. */
export function secured({ security }: Pick<KafkaOptions, 'security'>): Partial<KafkaConfig> {
  if (!security) return {};
  const ssl = {
    get ca() {
      return security.authority;
    },
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  } as const;
  if (!security.account) return { ssl };
  // kafkajs keeps these objects, and reads them while it opens a connection.
  const sasl = {
    mechanism: 'scram-sha-512',
    get username() {
      return security.account?.user ?? '';
    },
    get password() {
      return security.account?.password ?? '';
    },
  } as const;
  return { ssl, sasl };
}

const KEEP_ALIVE_MS = 60_000;

/** As kafkajs' own factory, but a small request never waits for the acknowledgement of the previous request. */
export function openSocket({ host, port, ssl, onConnect }: Parameters<ISocketFactory>[0]): Socket {
  // A certificate is compared with the host in both cases. RFC 6066 does not let a client name an address to the server.
  const named = isIP(host) === 0 ? { ...ssl, host, port, servername: host } : { ...ssl, host, port };
  const socket = ssl ? connectTls(named, onConnect) : connectTcp({ host, port }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
}

/**
 * Makes a kafkajs client with its two bugs corrected, its reading and writing of batches replaced, and ZSTD registered.
 * `more` overrides the settings chosen here.
 */
export function newClient(
  { brokers, clientId, log = silentLog, security }: KafkaOptions,
  more: Partial<KafkaConfig> = {},
): Kafka {
  patchRequestQueue();
  patchCoordinatorSearch();
  patchMetadata();
  patchWire();
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: ({ buffer }: { buffer: Buffer }) => compress(buffer),
    decompress: async (buffer: Buffer) => decompress(buffer),
  });
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    ...secured({ security }),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    socketFactory: openSocket,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 10 },
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => forwardLog(log, entry),
    ...more,
  });
}
