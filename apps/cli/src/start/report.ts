import { writeFileSync } from 'node:fs';
import { formatAmount } from '@meridian/kernel';
import type { RunningStack } from '@meridian/local-stack';
import { say, table, toJson } from '../output.ts';
import type { RegionSums, Sums } from './sums.ts';
import type { Latency } from './visibility.ts';

/** The result of `npm start`. */
export interface StartResult {
  readonly file: string;
  readonly lines: number;
  /** The business days of its orders and returns, in order. */
  readonly days: readonly string[];
  readonly regions: Readonly<Record<string, RegionSums & { readonly visible: Latency }>>;
  readonly rejected: Sums;
  readonly rejectsByReason: Readonly<Record<string, number>>;
  readonly rejectsFile: string;
  readonly unreadableLines: number;
  readonly fileSums: Sums;
  readonly secondsToTable: number;
}

/**
 * Whether in every region the accepted and the rejected amounts together are the file's own sum, to the penny. False
 * without any region.
 */
export function sumsAgree({
  regions,
  rejected,
  fileSums,
}: Pick<StartResult, 'regions' | 'rejected' | 'fileSums'>): boolean {
  const answers = Object.values(regions);
  if (answers.length === 0) return false;
  return answers.every(({ revenue }) => {
    const keys = new Set([...revenue.keys(), ...rejected.keys(), ...fileSums.keys()]);
    return [...keys].every(
      (key) => (revenue.get(key) ?? 0n) + (rejected.get(key) ?? 0n) === (fileSums.get(key) ?? 0n),
    );
  });
}

/** Prints the result for people. `folder` is the folder of the stack's data. */
export function printResult(result: StartResult, folder: string): void {
  say();
  say(countriesTable(result));
  say();
  printLatencies(result);
  say();
  const reasons = Object.entries(result.rejectsByReason).map(([reason, count]) => `${count} ${reason}`);
  say(`rejected lines: ${reasons.join(', ') || 'none'} (${result.rejectsFile})`);
  if (result.unreadableLines > 0)
    say(`of these ${result.unreadableLines} lines have no readable amount and count 0`);
  printOthers(result, folder);
  say(`${result.secondsToTable.toFixed(1)} s to this table`);
}

function countriesTable({ regions, rejected, fileSums }: StartResult): string {
  const names = Object.keys(regions);
  const keys = [
    ...new Set([...fileSums.keys(), ...names.flatMap((name) => [...(regions[name]?.revenue.keys() ?? [])])]),
  ].sort();
  const money = (key: string, amountMinor: bigint) =>
    formatAmount({ currencyCode: key.slice(-3), amountMinor });
  const rows = keys.map((key) => {
    const accepted = names.map((name) => regions[name]?.revenue.get(key) ?? 0n);
    const [sum, refused] = [fileSums.get(key) ?? 0n, rejected.get(key) ?? 0n];
    const agrees = accepted.every((amount) => amount + refused === sum);
    return [
      key.slice(0, -4),
      ...accepted.map((amount) => money(key, amount)),
      money(key, refused),
      money(key, sum),
      agrees ? 'yes' : 'NO',
    ];
  });
  return table(['country', ...names.map((name) => `accepted, ${name}`), 'rejected', 'file', 'agrees'], rows);
}

function printLatencies({ regions }: StartResult): void {
  const answers = Object.entries(regions);
  const rows = answers.map(([name, { orders, visible }]) => {
    const { p50Ms, p99Ms, samples } = visible;
    return [name, orders.toString(), milliseconds(p50Ms), milliseconds(p99Ms), String(samples)];
  });
  say(table(['region', 'orders', 'acknowledged → visible p50', 'p99', 'samples'], rows));
  if (answers.every(([, { visible }]) => visible.samples + visible.failed === 0))
    say('no samples: every order of the file had been placed by an earlier run');
  for (const [name, { visible }] of answers)
    if (visible.failed > 0)
      say(
        `${visible.failed} samples failed in ${name}, the first with: ${visible.failure ?? 'nothing said'}`,
      );
}

/** Reports that the file's days hold other orders too, what that means for the table, and what to do about it. */
function printOthers({ regions, days }: StartResult, folder: string): void {
  const others = Object.values(regions).map(({ otherOrders }) => otherOrders);
  const most = others.reduce((a, b) => (a > b ? a : b), 0n);
  if (most === 0n) return;
  const [from = '', to = from] = [days[0], days.at(-1)];
  say(
    `these days also have ${most} orders that are not of the file (of an import with --times, or of another file);`,
  );
  say(
    '  the table leaves them out: in their countries, the file’s own orders were read and summed one by one',
  );
  say(`  to see all: npm run meridian -- sales --from ${from} --to ${to}`);
  say(`  to begin with nothing: npm run meridian -- down, then remove ${folder}`);
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value} ms`;
}

/** Writes the result for programs; amounts in minor units, by `COUNTRY/CURRENCY`, as decimal strings. */
export function writeResult(file: string, result: StartResult): void {
  const amounts = (sums: Sums) => Object.fromEntries([...sums].sort().map(([key, amount]) => [key, amount]));
  const regions = Object.fromEntries(
    Object.entries(result.regions).map(([name, { orders, otherOrders, revenue, visible }]) => [
      name,
      { orders: Number(orders), otherOrders: Number(otherOrders), revenueMinor: amounts(revenue), visible },
    ]),
  );
  const { file: source, lines, rejectsByReason, unreadableLines, secondsToTable } = result;
  const json = {
    file: source,
    lines,
    sumsAgree: sumsAgree(result),
    regions,
    rejectsByReason,
    rejectedMinor: amounts(result.rejected),
    unreadableLines,
    fileMinor: amounts(result.fileSums),
    secondsToTable,
  };
  writeFileSync(file, `${toJson(json)}\n`);
}

/** Prints where everything is, with lines to paste. */
export function printAddresses({ access, addresses, engineEnvironment, folder }: RunningStack): void {
  const curl = access
    ? `npx buf curl --protocol grpc --cacert ${access.authorityFile} -H @${access.headersFile}`
    : 'npx buf curl --protocol grpc --http2-prior-knowledge';
  const scheme = access ? 'https' : 'http';
  const services: [string, string, string, string][] = [
    [
      'command-service',
      addresses.command,
      'meridian.catalog.v1.CatalogCommandService/CreateProduct',
      COMMAND,
    ],
    ...Object.entries(addresses.query).map(([region, address]): [string, string, string, string] => [
      `query-service, ${region}`,
      address,
      'meridian.orders.v1.OrdersQueryService/GetOrder',
      '{"orderId":"536365"}',
    ]),
  ];
  for (const [name, address, method, request] of services) {
    say(`${name}: ${address}`);
    say(`  ${curl} -d '${request}' ${scheme}://${address}/${method}`);
  }
  say();
  say('metrics and health (/metrics, /livez, /readyz):');
  const longest = Math.max(...Object.keys(addresses.http).map((name) => name.length));
  for (const [name, address] of Object.entries(addresses.http))
    say(`  ${name.padEnd(longest)}  http://${address}/metrics`);
  say();
  for (const [name, value] of Object.entries(engineEnvironment)) say(`  ${name}=${value}`);
  say(`  logs: ${folder}/logs`);
  say();
  say(
    access
      ? 'CLOSED: TLS, accounts and tokens everywhere. `meridian login --role ROLE` gives the token for these lines'
      : 'OPEN: whoever reaches these ports may do everything. `meridian up --secure` starts a closed stack',
  );
}

const COMMAND =
  '{"requestId":"0190d3c0-0000-7000-8000-00000000000a","productId":"lamp","name":"Lamp","price":{"currencyCode":"GBP","amountMinor":"250"}}';
