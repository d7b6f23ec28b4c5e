import { exchange, probeTimeoutMs } from './exchange.ts';

const requestVersion = 0x04;
const responseVersion = 0x84;
const headerBytes = 9;
const opcodes = {
  error: 0x00,
  startup: 0x01,
  ready: 0x02,
  authenticate: 0x03,
  options: 0x05,
  supported: 0x06,
  query: 0x07,
  result: 0x08,
  authResponse: 0x0f,
  authSuccess: 0x10,
} as const;
const consistencies = {
  ONE: 0x0001,
  QUORUM: 0x0004,
  ALL: 0x0005,
  LOCAL_QUORUM: 0x0006,
  EACH_QUORUM: 0x0007,
} as const;

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
export async function probeCassandra(host: string, port: number, authority?: string): Promise<boolean> {
  const request = frame(opcodes.options);
  const answer = await exchange({ host, port, request, timeoutMs: probeTimeoutMs, authority }, (received) => {
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

/** Who asks a closed node, and whose signature on its certificate is trusted. */
export interface ClosedAccess {
  readonly authority: string;
  readonly user: string;
  readonly password: string;
}

const statementTimeoutMs = 20_000;

/** Where a node listens. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Runs one statement at QUORUM. The node is open without `access`. False when the node refuses the caller or the
 * statement, or does not answer in time.
 */
export async function runCql(
  node: NodeAddress,
  cql: string,
  access?: ClosedAccess,
  timeoutMs = statementTimeoutMs,
): Promise<boolean> {
  return (await resultOf(node, { cql, consistency: 'QUORUM', timeoutMs }, access)) !== undefined;
}

/** A statement, and how long its answer may take. */
export interface Asked {
  readonly cql: string;
  readonly consistency: keyof typeof consistencies;
  readonly timeoutMs: number;
}

/** All that a node has sent, up to the result of a statement; undefined when it gives no result in time. */
export async function resultOf(
  { host, port }: NodeAddress,
  { cql, consistency, timeoutMs }: Asked,
  access?: ClosedAccess,
): Promise<Buffer | undefined> {
  let sent = 1;
  const authority = access?.authority;
  const answer = await exchange({ host, port, request: startup, timeoutMs, authority }, (received, send) => {
    const seen = receivedOpcodes(received);
    // The node takes no request before it has answered the last one.
    if (seen.length < sent) return undefined;
    const last = seen.at(-1);
    if (last === opcodes.result) return received;
    if (last === opcodes.authenticate && access) send(login(access));
    else if (last === opcodes.ready || last === opcodes.authSuccess)
      send(query(cql, consistencies[consistency]));
    else return 'refused';
    sent += 1;
    return undefined;
  });
  return answer === 'refused' ? undefined : answer;
}

/** The answer to AUTHENTICATE: SASL PLAIN. */
function login({ user, password }: ClosedAccess): Buffer {
  const token = Buffer.from(`\0${user}\0${password}`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeInt32BE(token.length);
  return frame(opcodes.authResponse, Buffer.concat([length, token]));
}

/**
 * Whether the node at `host:port` and a second node answer each other. The check reads a table at QUORUM that Cassandra
 * itself keeps in up to three copies; this needs two living replicas. False when that fails, or takes longer than 2 s.
 */
export async function probeCassandraPair(
  host: string,
  port: number,
  access?: ClosedAccess,
): Promise<boolean> {
  const cql = 'SELECT keyspace_name FROM system_distributed.view_build_status';
  return runCql({ host, port }, cql, access, probeTimeoutMs);
}

/**
 * Whether the node knows so many other nodes and reaches all of them. The first question is how many nodes its ring has.
 * The second one reads at ALL a table that Cassandra itself keeps in three copies: over the whole ring, these are on all
 * nodes. It needs a cluster of three nodes at least. False when one of both fails, or takes longer than 2 s.
 */
export async function probeCassandraRing(
  node: NodeAddress,
  others: number,
  access?: ClosedAccess,
): Promise<boolean> {
  const ask = (cql: string, consistency: Asked['consistency']) =>
    resultOf(node, { cql, consistency, timeoutMs: probeTimeoutMs }, access);
  const peers = await ask('SELECT count(tokens) FROM system.peers_v2', 'ONE');
  // The answer ends with its only value, a bigint.
  if (peers?.readBigInt64BE(peers.length - 8) !== BigInt(others)) return false;
  return (await ask('SELECT keyspace_name FROM system_distributed.view_build_status', 'ALL')) !== undefined;
}
