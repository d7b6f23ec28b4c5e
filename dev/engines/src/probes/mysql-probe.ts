import { exchange, probeTimeoutMs } from './exchange.ts';

const headerBytes = 4;
const protocolVersion = 10;

/**
 * The server version in a handshake packet (protocol 10, the first packet that a MySQL server sends); undefined until
 * the packet is whole. Throws when the packet is an error, such as too many connections.
 */
export function parseHandshake(received: Buffer): string | undefined {
  if (received.length < headerBytes) return undefined;
  const length = received.readUIntLE(0, 3);
  if (received.length < headerBytes + length) return undefined;
  if (received[headerBytes] !== protocolVersion) throw new Error('not a MySQL handshake');
  const end = received.indexOf(0, headerBytes + 1);
  return received.toString('latin1', headerBytes + 1, end);
}

/** The version that a MySQL server at `host:port` reports; undefined when no server answers within 2 s. */
export async function probeMysql(host: string, port: number): Promise<string | undefined> {
  return exchange({ host, port, timeoutMs: probeTimeoutMs }, parseHandshake);
}
