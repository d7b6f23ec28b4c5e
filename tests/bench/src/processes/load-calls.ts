import type { Client } from '@grpc/grpc-js';
import { createClients } from './caller.ts';
import { serve } from './serve.ts';

/** Asks a server the same kind of question repeatedly, in a closed loop. */
export interface CallsQuestion {
  readonly address: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Encoded requests; each call takes the next. */
  readonly requests: readonly Uint8Array[];
  readonly concurrency: number;
  readonly seconds: number;
}

/** The result of the load. */
export interface CallsAnswer {
  readonly answered: number;
  readonly failed: number;
  /** The message of the first failure. */
  readonly failure: string;
  /** Bytes of all answers, so that an empty answer cannot pass for a fast one. */
  readonly bytes: number;
  readonly seconds: number;
  /** How long each call took that was answered. */
  readonly timesMs: readonly number[];
}

const CONNECTIONS = 4;
const DEADLINE_MS = 20_000;
const same = (bytes: Buffer) => bytes;
const clients = createClients(CONNECTIONS);

async function load({ address, path, requests, concurrency, seconds }: CallsQuestion): Promise<CallsAnswer> {
  const encoded = requests.map((request) => Buffer.from(request));
  const timesMs: number[] = [];
  let [failed, bytes, failure, next] = [0, 0, '', 0];
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1_000;
  const call = (client: Client, request: Buffer) =>
    new Promise<void>((resolve) => {
      const sentMs = performance.now();
      const options = { deadline: Date.now() + DEADLINE_MS };
      client.makeUnaryRequest(path, same, same, request, options, (error, answer) => {
        if (error || !answer) {
          failed += 1;
          failure ||= String(error);
        } else {
          timesMs.push(performance.now() - sentMs);
          bytes += answer.length;
        }
        resolve();
      });
    });
  async function caller(index: number): Promise<void> {
    const all = clients.of(address);
    const client = all[index % all.length];
    while (client && performance.now() < endMs) {
      const request = encoded[next++ % encoded.length];
      if (!request) throw new Error('no request to send');
      await call(client, request);
    }
  }
  await Promise.all(Array.from({ length: concurrency }, (_, index) => caller(index)));
  const took = (performance.now() - startedMs) / 1_000;
  return { answered: timesMs.length, failed, failure, bytes, seconds: took, timesMs };
}

serve(load, async () => {
  clients.close();
});
