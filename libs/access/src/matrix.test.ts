import { callFailure, connectChannels, Metadata, type Channels, type RpcServer } from '@meridian/rpc';
import { certificateFiles, createTestAuthority } from '@meridian/rpc/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccessControl } from './access-control.ts';
import { ROLES, type Role } from './roles.ts';
import { SERVICES, startClosedSystem } from './testing/closed-system.ts';
import {
  createTestIssuer,
  TEST_RULES,
  testFile,
  type TestIssuer,
  type TokenParts,
} from './testing/tokens.ts';
import { keysOfFile, type KeySource } from './tokens/key-source.ts';
import { createTokenVerifier } from './tokens/verify-token.ts';

// What is expected, written down a second time and by hand: the table that the services enforce is not asked here.
// Only an operator may call a method without a row, as `npm run new` begins one. Whoever lets somebody else call the
// method writes its row.
//   y  about everybody's data
//   -  not at all
//   i  with the own customer id only
//   o  about the own orders only
const EXPECTED = `
  method                customer merchandiser warehouse finance importer operator service
  CreateProduct         -        y            -         -       y        -        -
  ChangePrice           -        y            -         -       -        -        -
  DiscontinueProduct    -        y            -         -       -        -        -
  GetProduct            y        y            y         y       y        y        -
  BatchGetProducts      y        y            y         y       y        y        -
  ListProducts          y        y            y         y       y        y        -
  ReceiveStock          -        -            y         -       y        -        -
  AdjustStock           -        -            y         -       -        -        -
  GetAvailability       y        y            y         y       y        y        -
  BatchGetAvailability  y        y            y         y       y        y        -
  ListLowStock          -        y            y         -       -        y        -
  RegisterCustomer      i        -            -         -       y        -        -
  UpdateCustomer        i        -            -         -       -        y        -
  EraseCustomer         i        -            -         -       -        y        -
  GetCustomer           i        -            y         y       -        -        -
  GetErasure            i        -            -         -       -        y        -
  ListErasures          -        -            -         -       -        y        -
  PlaceOrder            i        -            -         -       y        -        -
  PayOrder              -        -            -         y       y        -        -
  ShipOrder             -        -            y         -       y        -        -
  DeliverOrder          -        -            y         -       y        -        -
  CancelOrder           o        -            y         y       -        -        -
  ReturnItems           -        -            y         -       y        -        -
  GetOrder              o        -            y         y       y        y        -
  ListOrderHistory      o        -            y         y       y        y        -
  ListCustomerOrders    i        -            y         y       -        y        -
  WatchOrder            o        -            y         y       -        y        -
  GetDailySales         -        y            -         y       -        y        -
  ListTopProducts       -        y            -         y       -        y        -
  ReadJournal           -        -            -         -       -        y        y
  GetHead               -        -            -         -       -        y        y
`;

const [roleNames = [], ...rows] = EXPECTED.trim()
  .split('\n')
  .map((line) => line.trim().split(/ +/));
const METHODS = SERVICES.flatMap(({ methods }) => Object.values(methods).map(({ name }) => name));

const expectedOf = (method: string, role: string): string => {
  const row = rows.find(([name]) => name === method);
  if (row) return row[roleNames.indexOf(role)] ?? 'nothing is written down';
  return role === 'operator' ? 'y' : '-';
};

type Outcomes = Readonly<Record<string, string>>;

/** What comes of each method for each role, by a rule of this test. */
const expectedOutcomes = (rule: (cell: string) => string): Outcomes =>
  Object.fromEntries(
    METHODS.flatMap((method) => ROLES.map((role) => [`${method} ${role}`, rule(expectedOf(method, role))])),
  );

const DENIED = 'PERMISSION_DENIED METHOD_NOT_ALLOWED';
const own = (cell: string): string => (cell === '-' ? DENIED : 'OK');
const others = (cell: string): string => {
  if (cell === 'i') return 'PERMISSION_DENIED NOT_YOUR_DATA';
  return cell === 'o' ? 'NOT_FOUND ORDER_NOT_FOUND' : own(cell);
};

/** What comes of a call is looked at, and never how fast. */
const DAY_MS = 86_400_000;

let issuer: TestIssuer;
let keys: KeySource;
let server: RpcServer;
const channels = new Map<'plain' | 'service' | 'stranger', Channels>();

beforeAll(async () => {
  issuer = await createTestIssuer();
  keys = await keysOfFile((await testFile(issuer.jwks)).path);
  const [authority, stranger] = [createTestAuthority('meridian'), createTestAuthority('stranger')];
  const files = certificateFiles(authority.issue({ name: 'server' }), authority.certificate);
  const access = createAccessControl(createTokenVerifier(keys, TEST_RULES));
  server = await startClosedSystem({ access, tls: files });
  const proofs = {
    plain: { authorityFile: files.authorityFile },
    service: certificateFiles(authority.issue({ name: 'projector-orders' }), authority.certificate),
    stranger: certificateFiles(stranger.issue({ name: 'projector-orders' }), authority.certificate),
  };
  for (const name of ['plain', 'service', 'stranger'] as const) {
    const tls = { ...proofs[name], serverName: 'localhost' };
    channels.set(
      name,
      connectChannels([`127.0.0.1:${server.port}`], { tls, maxAttempts: 1, deadlineMs: DAY_MS }),
    );
  }
});

afterAll(async () => {
  for (const one of channels.values()) one.close();
  keys.close();
  await server.shutdown(0);
});

/** What comes of calling every method once: about the data of one customer, with a token or without. */
async function callAll(
  customerId: string,
  token?: string,
  as: 'plain' | 'service' | 'stranger' = 'plain',
): Promise<readonly (readonly [string, string])[]> {
  const options = token === undefined ? {} : { metadata: Metadata({ authorization: `Bearer ${token}` }) };
  const request = { customerId, orderId: `order-of-${customerId}`, lines: [{}], read: {} };
  const called = callsOf(as).map(
    async ([name, call]) => [name, await outcome(call(request, options))] as const,
  );
  return Promise.all(called);
}

type Call = (request: object, options: object) => unknown;
const known = new Map<string, readonly (readonly [string, Call])[]>();

/** Every method of every service, as a client calls it that proves itself so. */
function callsOf(as: 'plain' | 'service' | 'stranger'): readonly (readonly [string, Call])[] {
  const calls =
    known.get(as) ??
    SERVICES.flatMap((service) => {
      const client: object | undefined = channels.get(as)?.client(service);
      return Object.entries(service.methods).map(([key, { name }]) => [name, callOf(client, key)] as const);
    });
  known.set(as, calls);
  return calls;
}

function callOf(client: object | undefined, key: string): Call {
  const call: unknown = client && Reflect.get(client, key);
  if (typeof call !== 'function') throw new Error(`no client has ${key}`);
  return (request, options): unknown => call(request, options);
}

async function outcome(answer: unknown): Promise<string> {
  try {
    if (isStream(answer)) for await (const message of answer) expect(message).toBeDefined();
    else await answer;
    return 'OK';
  } catch (error) {
    const failed = callFailure(error);
    return failed ? `${failed.status} ${failed.reason}` : String(error);
  }
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** What comes of every method for every role, with tokens that this makes. */
async function matrix(customerId: string, tokenOf: (role: Role) => Promise<string>): Promise<Outcomes> {
  const outcomes: [string, string][] = [];
  for (const role of ROLES)
    for (const [method, came] of await callAll(customerId, await tokenOf(role)))
      outcomes.push([`${method} ${role}`, came]);
  return Object.fromEntries(outcomes);
}

const tokenWith = (parts: TokenParts) => (role: Role) => issuer.token({ roles: [role], ...parts });

describe('every method for every role', () => {
  it('has one row here, or is the operator’s alone', () => {
    const names = rows.map(([name = '']) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(METHODS).toEqual(expect.arrayContaining(names));
    expect(roleNames.slice(1)).toEqual([...ROLES]);
  });

  it('is as the table says, about the customer’s own data', async () => {
    expect(await matrix('anna', tokenWith({}))).toEqual(expectedOutcomes(own));
  });

  it('is as the table says, about the data of another customer', async () => {
    expect(await matrix('ben', tokenWith({}))).toEqual(expectedOutcomes(others));
  });

  it.each<readonly [string, string, TokenParts]>([
    ['wrong audience', 'TOKEN_AUDIENCE', { claims: { aud: 'others' } }],
    ['wrong issuer', 'TOKEN_ISSUER', { claims: { iss: 'https://other.test' } }],
    ['expired', 'TOKEN_EXPIRED', { expiresIn: -60 }],
    ['not yet valid', 'TOKEN_NOT_YET_VALID', { validIn: 60 }],
    ['issued for long', 'TOKEN_LIFETIME', { expiresIn: 7_200 }],
  ])('is refused to a token: %s', async (_which, reason, parts) => {
    const refused = `UNAUTHENTICATED ${reason}`;
    expect(await matrix('anna', tokenWith(parts))).toEqual(expectedOutcomes(() => refused));
  });

  it('is refused to a token without a signature, and to one of a stranger’s key', async () => {
    const refused = expectedOutcomes(() => 'UNAUTHENTICATED TOKEN_INVALID');
    const unsigned = async (role: Role) => {
      const [, payload = ''] = (await issuer.token({ roles: [role] })).split('.');
      const header = JSON.stringify({ alg: 'none', typ: 'at+jwt' });
      return `${Buffer.from(header).toString('base64url')}.${payload}.`;
    };
    const stranger = await createTestIssuer();
    expect(await matrix('anna', unsigned)).toEqual(refused);
    expect(await matrix('anna', (role) => stranger.token({ roles: [role] }))).toEqual(refused);
  });
});

describe('every method', () => {
  const outcomesOf = (rule: (method: string) => string): Outcomes =>
    Object.fromEntries(METHODS.map((method) => [method, rule(method)]));

  it('is refused to whoever proves nothing, and to a role that there is not', async () => {
    expect(Object.fromEntries(await callAll('anna'))).toEqual(
      outcomesOf(() => 'UNAUTHENTICATED TOKEN_MISSING'),
    );
    const nobody = await callAll('anna', await issuer.token({ roles: ['admin', 'Operator', ''] }));
    expect(Object.fromEntries(nobody)).toEqual(outcomesOf(() => DENIED));
  });

  it('is a service’s by its certificate as the table says, and nobody’s by one of another authority', async () => {
    const service = await callAll('anna', undefined, 'service');
    expect(Object.fromEntries(service)).toEqual(outcomesOf((method) => own(expectedOf(method, 'service'))));
    const stranger = await callAll('anna', undefined, 'stranger');
    expect(Object.fromEntries(stranger)).toEqual(outcomesOf(() => 'UNAUTHENTICATED TOKEN_MISSING'));
  });
});
