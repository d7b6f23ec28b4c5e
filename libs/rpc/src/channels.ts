import { ChannelCredentials } from '@grpc/grpc-js';
import { createClientFactory, type CallOptions, type Client, type CompatServiceDefinition } from 'nice-grpc';
import { deadlineMiddleware, type DeadlineOptions } from 'nice-grpc-client-middleware-deadline';
import { retryMiddleware, type RetryOptions } from 'nice-grpc-client-middleware-retry';
import { Status, type ClientMiddleware } from 'nice-grpc-common';
import { errorDetailsClientMiddleware } from 'nice-grpc-error-details';
import { MAX_MESSAGE_BYTES } from './answer-bytes.ts';
import { callHeaders, defaultDeadline } from './call-headers.ts';
import { DEFAULT_DEADLINE_MS } from './deadline.ts';
import { hideFinal, lostStreams, retryDefaults, showFinal } from './retry-reasons.ts';
import { RotatingChannel } from './rotating-channel.ts';
import { channelCredentials } from './channel-credentials.ts';
import { openCertificates, type CertificateFiles } from './certificates.ts';
import { isLoopback, targetsOf } from './targets.ts';
import { bearer, type TokenSource } from './bearer.ts';

/** How a client's calls behave; a call's own options override it. */
export interface ChannelOptions {
  /** How long a unary call may take, retries included. 5,000 by default. */
  readonly deadlineMs?: number;
  /** Attempts of a unary call that is answered UNAVAILABLE, the first included. 3 by default; 1 turns retries off. */
  readonly maxAttempts?: number;
  /** The base of the exponential, jittered wait between attempts. 100 by default. */
  readonly retryBaseDelayMs?: number;
  /** Gives the token that every call carries. Without TLS it is sent to this machine only. */
  readonly accessToken?: TokenSource | undefined;
  /** Speaks TLS, 1.2 or newer. Without it, calls travel as they are. */
  readonly tls?: ChannelTls | undefined;
}

/** How a client speaks TLS: with certificates that follow their files. Without an authority's, it trusts whom Node.js trusts. */
export interface ChannelTls extends CertificateFiles {
  /** The name that the servers' certificates have, where it is not the name or the address that is connected to. */
  readonly serverName?: string | undefined;
}

export type { CertificateFiles, TokenSource };

/** What a call may say besides its request: `signal`, `metadata`, `deadline` (ms from now, or a Date), `retry`. */
export type RpcCallOptions = CallOptions & DeadlineOptions & RetryOptions;

/** A typed client of one service. */
export type RpcClient<Definition extends CompatServiceDefinition> = Client<
  Definition,
  DeadlineOptions & RetryOptions
>;

/** Connections to the servers behind some addresses, shared by the clients of several services. */
export interface Channels {
  /** A client of a service over these connections. */
  client<Definition extends CompatServiceDefinition>(definition: Definition): RpcClient<Definition>;
  /** The same with a middleware around every call, retries included, which may give calls more options. */
  clientWith<Definition extends CompatServiceDefinition, More>(
    definition: Definition,
    middleware: ClientMiddleware<More>,
  ): Client<Definition, DeadlineOptions & RetryOptions & More>;
  /** Closes the connections; calls under way fail with UNAVAILABLE or CANCELLED. */
  close(): void;
}

const MAX_ATTEMPTS = 3;
const RETRY_BASE_DELAY_MS = 100;
const MAX_RETRY_DELAY_MS = 1_000;

const CHANNEL_OPTIONS = {
  'grpc.enable_channelz': 0,
  'grpc.keepalive_time_ms': 45_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 5_000,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
};

/**
 * Connects, when first needed, to every server behind the addresses (`host:port`, `dns:///name:port`) and takes them in
 * turn. Calls carry their deadline and the trace that is active; unary calls are tried again on UNAVAILABLE within their
 * deadline, unless the reason is REGION_BEHIND. Errors are ClientErrors; `callFailure` reads them. Throws TypeError for
 * what is no address, and for a token that would travel to another machine without TLS. Throws what is wrong with
 * certificates.
 */
export function connectChannels(addresses: readonly string[], options: ChannelOptions = {}): Channels {
  const { tls, accessToken } = options;
  if (accessToken && !tls && !addresses.every(isLoopback))
    throw new TypeError('a token is sent over TLS only, except to this machine: name the TLS options, too');
  const certificates = tls && openCertificates(tls);
  const channel = new RotatingChannel(
    targetsOf(addresses),
    certificates ? channelCredentials(certificates) : ChannelCredentials.createInsecure(),
    tls?.serverName ? { ...CHANNEL_OPTIONS, ...namedServer(tls.serverName) } : CHANNEL_OPTIONS,
  );
  const factory = createClientFactory()
    .use(bearer(accessToken))
    .use(callHeaders)
    .use(errorDetailsClientMiddleware)
    .use(lostStreams)
    .use(hideFinal)
    .use(retryMiddleware)
    .use(showFinal)
    .use(
      retryDefaults({
        retry: true,
        retryMaxAttempts: (options.maxAttempts ?? MAX_ATTEMPTS) - 1,
        retryBaseDelayMs: options.retryBaseDelayMs ?? RETRY_BASE_DELAY_MS,
        retryMaxDelayMs: MAX_RETRY_DELAY_MS,
        retryableStatuses: [Status.UNAVAILABLE],
      }),
    )
    .use(deadlineMiddleware)
    .use(defaultDeadline(options.deadlineMs ?? DEFAULT_DEADLINE_MS));
  return {
    client: (definition) => factory.create(definition, channel),
    clientWith: (definition, middleware) => factory.use(middleware).create(definition, channel),
    close() {
      channel.close();
      certificates?.close();
    },
  };
}

/** Makes grpc-js expect this name in the servers' certificates. */
function namedServer(name: string) {
  return { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name };
}

/** A client of one service with connections of its own; see connectChannels. */
export function createChannelClient<Definition extends CompatServiceDefinition>(
  definition: Definition,
  addresses: readonly string[],
  options: ChannelOptions = {},
): { readonly client: RpcClient<Definition>; close(): void } {
  const channels = connectChannels(addresses, options);
  return { client: channels.client(definition), close: () => channels.close() };
}
