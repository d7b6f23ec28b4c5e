import { setTimeout as pause } from 'node:timers/promises';
import { createClients } from './caller.ts';
import { serve } from './serve.ts';

/** Requests to make more calls beside those that are under way, to say when so many are answered, and to count from none again. */
export type WaitingQuestion =
  | {
      readonly kind: 'begin';
      readonly address: string;
      /** `/package.Service/Method`. */
      readonly path: string;
      /** Encoded requests, one per call. */
      readonly requests: readonly Uint8Array[];
    }
  | { readonly kind: 'answered'; readonly least: number }
  | { readonly kind: 'forget' };

const CONNECTIONS = 8;
/** Nobody waits in vain: the calls are answered when the bench says so. */
const DEADLINE_MS = 300_000;
const LOOK_MS = 10;
const same = (bytes: Buffer) => bytes;
const clients = createClients(CONNECTIONS);
let [answered, failure] = [0, ''];

function begin({ address, path, requests }: Extract<WaitingQuestion, { kind: 'begin' }>): void {
  const all = clients.of(address);
  const deadline = Date.now() + DEADLINE_MS;
  for (const [index, request] of requests.entries())
    all[index % all.length]?.makeUnaryRequest(
      path,
      same,
      same,
      Buffer.from(request),
      { deadline },
      (error) => {
        if (error) failure ||= String(error);
        else answered += 1;
      },
    );
}

serve<WaitingQuestion>(
  async (question) => {
    if (question.kind === 'begin') begin(question);
    else if (question.kind === 'forget') [answered, failure] = [0, ''];
    else while (answered < question.least && failure === '') await pause(LOOK_MS);
    if (failure) throw new Error(`a call failed: ${failure}`);
    return answered;
  },
  async () => {
    clients.close();
  },
);
