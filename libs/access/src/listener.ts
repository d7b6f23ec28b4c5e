import type { RpcServerOptions } from '@meridian/rpc';
import { ConfigurationError, type Host } from '@meridian/service-host';
import type { AccessConfig } from './access-config.ts';
import { createAccessControl } from './access-control.ts';
import { keysOfFile, keysOfUrl, type KeySource } from './tokens/key-source.ts';
import { createTokenVerifier } from './tokens/verify-token.ts';

/** What a gRPC server is given so that it lets in whom its configuration says. */
export interface Listener {
  readonly options: Pick<
    RpcServerOptions,
    'address' | 'access' | 'tls' | 'onRefused' | 'maxCallsPerCaller' | 'maxStreamsPerCaller' | 'descriptorSet'
  >;
  /** Ends the looking at files and URLs. */
  close(): void;
}

/**
 * Prepares a listener as its configuration says, and says loudly when it is open. Reflection over `descriptorSet` is on where the
 * listener is open or the configuration asks for it. Throws ConfigurationError when the keys of tokens cannot be read.
 */
export async function prepareListener(
  { log, metrics }: Pick<Host, 'log' | 'metrics'>,
  config: AccessConfig,
  descriptorSet: Uint8Array,
): Promise<Listener> {
  const isOpen = config.MERIDIAN_ACCESS === 'open';
  const address = config.MERIDIAN_GRPC_ADDRESS;
  const refused = metrics.counter({
    name: 'meridian_calls_refused_total',
    help: 'Calls refused because of who made them, by reason.',
    labelNames: ['reason'],
  });
  if (isOpen)
    log.warn(
      { event: 'open', address },
      'OPEN: whoever reaches this address may do everything, without a proof of who it is; see docs/security.md',
    );
  const keys = isOpen ? undefined : await keysOf(config, log);
  const tls = tlsOf(config);
  const reflects = (config.MERIDIAN_REFLECTION ?? (isOpen ? 'on' : 'off')) === 'on';
  return {
    options: {
      address,
      ...(isOpen ? {} : { access: accessOf(config, keys) }),
      ...(tls ? { tls } : {}),
      ...(reflects ? { descriptorSet } : {}),
      maxCallsPerCaller: config.MERIDIAN_CALLS_PER_CALLER,
      maxStreamsPerCaller: config.MERIDIAN_STREAMS_PER_CALLER,
      onRefused: (_path, reason) => refused.inc({ reason }),
    },
    close: () => keys?.close(),
  };
}

function accessOf(config: AccessConfig, keys: KeySource | undefined) {
  const issuer = config.MERIDIAN_TOKEN_ISSUER;
  if (!keys || issuer === undefined) return createAccessControl();
  return createAccessControl(
    createTokenVerifier(keys, {
      issuer,
      audience: config.MERIDIAN_TOKEN_AUDIENCE,
      algorithms: config.MERIDIAN_TOKEN_ALGORITHMS,
      types: config.MERIDIAN_TOKEN_TYPES.map((type) => type.toLowerCase()),
      lifetimeMs: config.MERIDIAN_TOKEN_LIFETIME_MS,
      skewMs: config.MERIDIAN_TOKEN_SKEW_MS,
      claims: {
        roles: config.MERIDIAN_TOKEN_ROLES_CLAIM,
        customerId: config.MERIDIAN_TOKEN_CUSTOMER_CLAIM,
      },
    }),
  );
}

async function keysOf(config: AccessConfig, log: Host['log']): Promise<KeySource | undefined> {
  const { MERIDIAN_TOKEN_KEYS_FILE: file, MERIDIAN_TOKEN_KEYS_URL: url } = config;
  if (url !== undefined) return keysOfUrl(new URL(url));
  if (file === undefined) return undefined;
  return keysOfFile(file, log).catch((error: unknown) => {
    const told = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError([`MERIDIAN_TOKEN_KEYS_FILE: ${told}`]);
  });
}

function tlsOf(config: AccessConfig): RpcServerOptions['tls'] {
  const certificateFile = config.MERIDIAN_TLS_CERTIFICATE_FILE;
  if (certificateFile === undefined) return undefined;
  const { MERIDIAN_TLS_KEY_FILE: keyFile, MERIDIAN_TLS_CLIENT_AUTHORITY_FILE: authorityFile } = config;
  return { certificateFile, keyFile, authorityFile };
}
