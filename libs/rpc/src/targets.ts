import { isLoopbackHost } from '@meridian/kernel';
import { isIPv4, isIPv6 } from 'node:net';

const WITH_SCHEME = /^(dns|ipv4|ipv6|unix|xds):/;
const HOST_AND_PORT = /^(?:\[(?<six>[^\]]+)\]|(?<host>[^:[\]]+)):(?<port>\d{1,5})$/;

interface Endpoint {
  readonly kind: 'ipv4' | 'ipv6' | 'name';
  readonly address: string;
}

function endpointOf(address: string): Endpoint {
  const parts = HOST_AND_PORT.exec(address)?.groups;
  const host = parts?.['six'] ?? parts?.['host'] ?? '';
  if (!host || Number(parts?.['port']) > 65_535)
    throw new TypeError(`"${address}" is no address of the form host:port`);
  if (isIPv4(host)) return { kind: 'ipv4', address };
  if (parts?.['six'] !== undefined && isIPv6(host)) return { kind: 'ipv6', address };
  return { kind: 'name', address };
}

/**
 * The gRPC targets that cover a list of addresses. All IP addresses of a family are one target. Each host name is a
 * target of its own (`dns:///name:port`, every address it resolves to). An address that names its scheme stays as it
 * is. Throws TypeError for what is no address, and for an empty list.
 */
export function targetsOf(addresses: readonly string[]): readonly string[] {
  if (addresses.length === 0) throw new TypeError('no address is given');
  const targets = addresses.filter((address) => WITH_SCHEME.test(address));
  const endpoints = addresses.filter((address) => !WITH_SCHEME.test(address)).map(endpointOf);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const own = endpoints.filter(({ kind }) => kind === family).map(({ address }) => address);
    if (own.length > 0) targets.push(`${family}:${own.join(',')}`);
  }
  for (const { kind, address } of endpoints) if (kind === 'name') targets.push(`dns:///${address}`);
  return targets;
}

/** Whether an address is one of this machine's own: `localhost`, 127.0.0.0/8 or ::1. A host name is not looked up. */
export function isLoopback(address: string): boolean {
  const parts = HOST_AND_PORT.exec(address)?.groups;
  return isLoopbackHost(parts?.['six'] ?? parts?.['host'] ?? '');
}
