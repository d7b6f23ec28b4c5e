import { exchange, probeTimeoutMs } from './exchange.ts';

const apiVersionsKey = 18;
const metadataKey = 3;
const metadataVersion = 1;
const correlationId = 7;
const clientId = 'meridian-probe';

/** A Metadata request (version 1) for no topic: its answer lists the registered brokers. */
export function metadataRequest(): Buffer {
  const body = Buffer.alloc(2 + 2 + 4 + 2 + clientId.length + 4);
  let at = body.writeInt16BE(metadataKey, 0);
  at = body.writeInt16BE(metadataVersion, at);
  at = body.writeInt32BE(correlationId, at);
  at = body.writeInt16BE(clientId.length, at);
  at += body.write(clientId, at, 'latin1');
  body.writeInt32BE(0, at);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** How many brokers a Metadata answer lists; undefined until the answer is complete. Throws on another answer. */
export function parseBrokerCount(received: Buffer): number | undefined {
  if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return undefined;
  if (received.readInt32BE(4) !== correlationId) throw new Error('not the answer to this request');
  return received.readInt32BE(8);
}

/** An ApiVersions request (version 0): what a broker answers to a client that has not proved who it is yet. */
function apiVersionsRequest(): Buffer {
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + clientId.length);
  let at = request.writeInt32BE(request.length - 4, 0);
  at = request.writeInt16BE(apiVersionsKey, at);
  at = request.writeInt16BE(0, at);
  at = request.writeInt32BE(correlationId, at);
  at = request.writeInt16BE(clientId.length, at);
  request.write(clientId, at, 'latin1');
  return request;
}

/** Whether a closed Kafka broker at `host:port` speaks TLS and answers within 2 s. */
export async function probeClosedKafka(host: string, port: number, authority: string): Promise<boolean> {
  const request = apiVersionsRequest();
  const answer = await exchange({ host, port, request, timeoutMs: probeTimeoutMs, authority }, (received) => {
    if (received.length < 10 || received.length < 4 + received.readInt32BE(0)) return undefined;
    return received.readInt32BE(4) === correlationId && received.readInt16BE(8) === 0;
  });
  return answer === true;
}

/** Whether a Kafka broker at `host:port` answers within 2 s and knows at least one serving broker: itself. */
export async function probeKafka(host: string, port: number): Promise<boolean> {
  const brokers = await exchange(
    { host, port, request: metadataRequest(), timeoutMs: probeTimeoutMs },
    parseBrokerCount,
  );
  return brokers !== undefined && brokers > 0;
}
