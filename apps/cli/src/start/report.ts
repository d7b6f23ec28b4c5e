import { writeFileSync } from 'node:fs';
import { formatAmount } from '@meridian/kernel';
import type { RunningStack } from '@meridian/local-stack';
import { say, table, toJson } from '../output.ts';
import type { RegionSums, Sums } from './sums.ts';
import { latencyOf, type Latency } from './visibility.ts';

/** What `npm start` found. */
export interface StartResult {
  readonly file: string;
  readonly lines: number;
  readonly regions: Readonly<Record<string, RegionSums & { readonly visible: Latency }>>;
  readonly rejected: Sums;
  readonly rejectsByReason: Readonly<Record<string, number>>;
  readonly rejectsFile: string;
  readonly unreadableLines: number;
  readonly fileSums: Sums;
  readonly secondsToTable: number;
}

/** Whether, in every region (there must be one), what was accepted and what was rejected come to the file's own sum, to the penny. */
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

/** Prints the result for people. */
export function printResult(result: StartResult): void {
  const { regions, rejected, fileSums } = result;
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
  say();
  say(table(['country', ...names.map((name) => `accepted, ${name}`), 'rejected', 'file', 'agrees'], rows));
  say();
  const latencies = names.map((name) => {
    const { orders, visible } = regions[name] ?? { orders: 0n, visible: latencyOf([]) };
    const { p50Ms, p99Ms, samples } = visible;
    return [name, orders.toString(), milliseconds(p50Ms), milliseconds(p99Ms), String(samples)];
  });
  say(table(['region', 'orders', 'acknowledged → visible p50', 'p99', 'samples'], latencies));
  if (latencies.every(([, , , , samples]) => samples === '0'))
    say('no samples: every order of the file had been placed by an earlier run');
  say();
  const reasons = Object.entries(result.rejectsByReason).map(([reason, count]) => `${count} ${reason}`);
  say(`rejected lines: ${reasons.join(', ') || 'none'} (${result.rejectsFile})`);
  if (result.unreadableLines > 0)
    say(`of these ${result.unreadableLines} lines have no readable amount and count 0`);
  say(`${result.secondsToTable.toFixed(1)} s to this table`);
}

function milliseconds(value: number | null): string {
  return value === null ? '–' : `${value} ms`;
}

/** Writes the result for programs; amounts in minor units, by `COUNTRY/CURRENCY`, as decimal strings. */
export function writeResult(file: string, result: StartResult): void {
  const amounts = (sums: Sums) => Object.fromEntries([...sums].sort().map(([key, amount]) => [key, amount]));
  const regions = Object.fromEntries(
    Object.entries(result.regions).map(([name, { orders, revenue, visible }]) => [
      name,
      { orders: Number(orders), revenueMinor: amounts(revenue), visible },
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
export function printAddresses({ addresses, engineEnvironment, folder }: RunningStack): void {
  const curl = 'npx buf curl --protocol grpc --http2-prior-knowledge';
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
    say(`  ${curl} -d '${request}' http://${address}/${method}`);
  }
  say();
  say('metrics and health (/metrics, /livez, /readyz):');
  const longest = Math.max(...Object.keys(addresses.http).map((name) => name.length));
  for (const [name, address] of Object.entries(addresses.http))
    say(`  ${name.padEnd(longest)}  http://${address}/metrics`);
  say();
  for (const [name, value] of Object.entries(engineEnvironment)) say(`  ${name}=${value}`);
  say(`  logs: ${folder}/logs`);
}

const COMMAND =
  '{"requestId":"0190d3c0-0000-7000-8000-00000000000a","productId":"lamp","name":"Lamp","price":{"currencyCode":"GBP","amountMinor":"250"}}';
