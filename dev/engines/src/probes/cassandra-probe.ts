import { exchange, probeTimeoutMs } from './exchange.ts';

const requestVersion = 0x04;
const responseVersion = 0x84;
const headerBytes = 9;
const opcodes = {
  startup: 0x01,
  ready: 0x02,
  options: 0x05,
  supported: 0x06,
  query: 0x07,
  result: 0x08,
} as const;
const quorum = 0x0004;

/** A frame of Cassandra's native protocol, version 4, on stream 0. */
export function frame(opcode: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.from([requestVersion, 0, 0, 0, opcode, 0, 0, 0, 0]);
  header.writeUInt32BE(body.length, 5);
  return Buffer.concat([header, body]);
}

/** The operation codes of the complete frames received so far. Throws when they are not of this protocol. */
export function receivedOpcodes(received: Buffer): number[] {
  const opcodesSeen: number[] = [];
  let at = 0;
  while (received.length >= at + headerBytes) {
    if (received[at] !== responseVersion) throw new Error('not an answer of the native protocol, version 4');
    const end = at + headerBytes + received.readUInt32BE(at + 5);
    if (received.length < end) break;
    opcodesSeen.push(received.readUInt8(at + 4));
    at = end;
  }
  return opcodesSeen;
}

/** Whether a Cassandra node at `host:port` answers OPTIONS with SUPPORTED within 2 s. */
export async function probeCassandra(host: string, port: number): Promise<boolean> {
  const request = frame(opcodes.options);
  const answer = await exchange({ host, port, request, timeoutMs: probeTimeoutMs }, (received) => {
    const [first] = receivedOpcodes(received);
    return first === undefined ? undefined : first === opcodes.supported;
  });
  return answer === true;
}

const startup = (() => {
  const string = (text: string) =>
    Buffer.concat([Buffer.from([0, text.length]), Buffer.from(text, 'latin1')]);
  return frame(opcodes.startup, Buffer.concat([Buffer.from([0, 1]), string('CQL_VERSION'), string('3.0.0')]));
})();

function query(cql: string, consistency: number): Buffer {
  const body = Buffer.alloc(4 + cql.length + 3);
  let at = body.writeUInt32BE(cql.length, 0);
  at += body.write(cql, at, 'latin1');
  body.writeUInt16BE(consistency, at);
  return frame(opcodes.query, body);
}

/**
 * Whether the node at `host:port` and a second node answer each other. The check reads a table at QUORUM that Cassandra
 * itself keeps in up to three copies; this needs two living replicas. False when that fails, or takes longer than 2 s.
 */
export async function probeCassandraPair(host: string, port: number): Promise<boolean> {
  const read = query('SELECT keyspace_name FROM system_distributed.view_build_status', quorum);
  let asked = false;
  const answer = await exchange(
    { host, port, request: startup, timeoutMs: probeTimeoutMs },
    (received, send) => {
      const [ready, result] = receivedOpcodes(received);
      if (ready === undefined) return undefined;
      if (ready !== opcodes.ready) return false;
      // The node takes no request before it has answered STARTUP.
      if (!asked) send(read);
      asked = true;
      return result === undefined ? undefined : result === opcodes.result;
    },
  );
  return answer === true;
}
