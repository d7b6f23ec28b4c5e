import { readFileSync } from 'node:fs';
import { Client, credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js';

/**
 * How a process of the load calls services. Where the environment names the files of an authority and of a token, it uses
 * TLS and the token, else neither.
 */
export function callerCredentials(): ChannelCredentials {
  const { BENCH_AUTHORITY_FILE: authorityFile, BENCH_TOKEN_FILE: tokenFile } = process.env;
  if (authorityFile === undefined || tokenFile === undefined) return credentials.createInsecure();
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`);
  return credentials.combineChannelCredentials(
    credentials.createSsl(readFileSync(authorityFile)),
    credentials.createFromMetadataGenerator((_call, tell) => tell(null, metadata)),
  );
}

/** Clients by address. */
export interface Clients {
  /** The clients of an address, each with a connection of its own. They are made when the address is first asked for. */
  of(address: string): readonly Client[];
  close(): void;
}

/** Makes them, so many per address. */
export function createClients(connections: number): Clients {
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  const clients = new Map<string, readonly Client[]>();
  return {
    of(address) {
      let known = clients.get(address);
      if (!known) {
        known = Array.from({ length: connections }, () => new Client(address, callerCredentials(), options));
        clients.set(address, known);
      }
      return known;
    },
    close() {
      for (const client of [...clients.values()].flat()) client.close();
    },
  };
}
