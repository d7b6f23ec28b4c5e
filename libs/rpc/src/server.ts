import type { ServerOptions } from '@grpc/grpc-js';
import {
  createServer,
  type CompatServiceDefinition,
  type Server,
  type ServiceImplementation,
} from 'nice-grpc';
import { errorDetailsServerMiddleware } from 'nice-grpc-error-details';
import { HealthDefinition, HealthServiceImpl, HealthState } from 'nice-grpc-server-health';
import type { AccessControl } from './access.ts';
import { tellRefused, type Door, type OnRefused } from './admission.ts';
import { callerLimit } from './caller-limit.ts';
import { certificateNotes } from './certificate-notes.ts';
import { openCertificates, type CertificateFiles, type Certificates } from './certificates.ts';
import { serverCredentials } from './server-credentials.ts';
import { createAnswerBytes, MAX_MESSAGE_BYTES, patchFrames } from './answer-bytes.ts';
import { createCallBounds } from './call-bounds.ts';
import type { CallContext, CallContextExt } from './call-context.ts';
import type { Log } from './caller-errors.ts';
import { concurrencyLimit, type MethodBounds } from './concurrency-limit.ts';
import { DEFAULT_DEADLINE_MS, deadlineNotes } from './deadline.ts';
import { guard, type CheckRequest } from './guard.ts';
import { patchServerTimeouts } from './long-timeouts.ts';
import { endedBy, fittingErrors, withPlace } from './middleware.ts';
import { shutDown } from './shutdown.ts';
import { streamPace } from './stream-pace.ts';
import { patchStreamResets } from './stream-resets.ts';
import type { ObserveCall } from './telemetry.ts';

/** Takes the services of a server. */
export interface ServiceRegistry {
  /** Adds a service with all of the server's checks around it; `definition` is what ts-proto generated. */
  add<Definition extends NamedServiceDefinition>(
    definition: Definition,
    implementation: ServiceImplementation<Definition, CallContextExt>,
  ): void;
}

/** A generated service definition, which knows its full name. */
export type NamedServiceDefinition = CompatServiceDefinition & { readonly fullName: string };

/** How a server is set up. */
export interface RpcServerOptions {
  /** `host:port`; port 0 takes a free one. */
  readonly address: string;
  /** Adds the services; called once, before listening. */
  readonly register: (server: ServiceRegistry) => void;
  /** Says what is wrong with a request, by field, and how handlers are to see it. Streams of requests are not checked. */
  readonly check?: CheckRequest;
  /** Gets every unforeseen error, with its path; callers only read INTERNAL. */
  readonly log?: Log;
  /** Says what an error of a handler means to callers; gives back what it does not know. The one place that maps a service's own. */
  readonly explain?: (error: unknown) => unknown;
  /**
   * Says what a call waits for before its handler begins; undefined while there is nothing to wait for. A rejection is the call's error.
   * The call has its place and its bounds in time by then. Health and reflection do not wait.
   */
  readonly before?: (context: CallContext) => Promise<void> | undefined;
  /** Is told of every call that begins to work; `observe` is told of the same call later. */
  readonly onBegun?: (path: string) => void;
  /** Says who calls and who may. Without it the server is open: everybody may call everything. Health is answered to everybody. */
  readonly access?: AccessControl;
  /** Calls that one caller may have under way at once; more answer RESOURCE_EXHAUSTED. 200 by default. Counts only with `access`. */
  readonly maxCallsPerCaller?: number;
  /** Streams that one caller may have open at once. 100 by default. Counts only with `access`. */
  readonly maxStreamsPerCaller?: number;
  /** Is told of every call that was refused because of who made it. */
  readonly onRefused?: OnRefused;
  /** Certificates from files, read again when they change. Without them the server speaks without TLS. */
  readonly tls?: CertificateFiles;
  /** Is told of every call that ended. */
  readonly observe?: ObserveCall;
  /** Calls of one method that may be under way at once; more answer RESOURCE_EXHAUSTED. 1,000 by default. */
  readonly maxConcurrentPerMethod?: number;
  /**
   * Calls of one method that may wait beside them (see `startWaiting` of a call's context); more answer RESOURCE_EXHAUSTED, reason TOO_MANY_WAITING.
   * 1,000 by default.
   */
  readonly maxWaitingPerMethod?: number;
  /** Other bounds for some methods, by path: for streams, which last. Health's and reflection's are 256 by default. */
  readonly maxConcurrentOf?: Readonly<Record<string, number>>;
  /**
   * Methods, by path, whose handlers give many callers one and the same object: it is encoded once. It must not change
   * after it was given.
   */
  readonly sharedAnswersOf?: readonly string[];
  /** A binary FileDescriptorSet: turns reflection (grpc.reflection.v1 and v1alpha) on. */
  readonly descriptorSet?: Uint8Array;
  /** How long a unary call may take when its caller says nothing. 5,000 by default. */
  readonly defaultDeadlineMs?: number;
  /** How long a stream's reader may take nothing of what waits for it before the stream is ended. 30,000 by default. */
  readonly streamIdleMs?: number;
  /**
   * How long a connection lasts before its caller is told to make another one, so that callers spread over new servers; 300,000 by
   * default. A stream lasts a little less: then its caller reads UNAVAILABLE, reason STREAM_AGE, and begins another.
   */
  readonly maxConnectionAgeMs?: number;
  /** How long NOT_SERVING is shown before connections are closed, so that balancers see it. 200 by default. */
  readonly shutdownPauseMs?: number;
}

/** A server that listens. It answers NOT_SERVING to health checks until `setServing(true)`. */
export interface RpcServer {
  /** The port it listens on. */
  readonly port: number;
  /** What health checks (grpc.health.v1, for '' and every service) answer from now on. */
  setServing(serving: boolean): void;
  /**
   * NOT_SERVING, a short pause, no new calls, those under way end; after `graceMs` (from the call of this) what is left is
   * cut. Never rejects; a second call waits for the first.
   */
  shutdown(graceMs: number): Promise<void>;
}

const MAX_CONCURRENT_PER_METHOD = 1_000;
const MAX_WAITING_PER_METHOD = 1_000;
const MAX_STANDARD_STREAMS = 256;
const MAX_CALLS_PER_CALLER = 200;
const MAX_STREAMS_PER_CALLER = 100;
const SHUTDOWN_PAUSE_MS = 200;
const STREAM_IDLE_MS = 30_000;
const MAX_CONNECTION_AGE_MS = 300_000;

function serverOptions(
  { defaultDeadlineMs, streamIdleMs, access }: RpcServerOptions,
  maxConnectionAgeMs: number,
): ServerOptions {
  return {
    'grpc.enable_channelz': 0,
    'grpc.keepalive_time_ms': 45_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.max_connection_age_ms': maxConnectionAgeMs,
    // Streams end long before by themselves, those included that began just before the connection was old.
    'grpc.max_connection_age_grace_ms': maxConnectionAgeMs * 2,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    interceptors: [
      streamPace(streamIdleMs ?? STREAM_IDLE_MS),
      deadlineNotes(defaultDeadlineMs ?? DEFAULT_DEADLINE_MS),
      ...(access ? [certificateNotes] : []),
    ],
  };
}

const maxOfMethod =
  ({ maxConcurrentOf }: RpcServerOptions, otherwise: number) =>
  (path: string): number =>
    maxConcurrentOf?.[path] ?? otherwise;

function methodBounds(options: RpcServerOptions): MethodBounds {
  return {
    maxOf: maxOfMethod(options, options.maxConcurrentPerMethod ?? MAX_CONCURRENT_PER_METHOD),
    maxWaiting: options.maxWaitingPerMethod ?? MAX_WAITING_PER_METHOD,
  };
}

function doorOf(options: RpcServerOptions): Door | undefined {
  const { access, log, onRefused = () => undefined } = options;
  if (!access) return undefined;
  const enterCaller = callerLimit({
    maxCalls: options.maxCallsPerCaller ?? MAX_CALLS_PER_CALLER,
    maxStreams: options.maxStreamsPerCaller ?? MAX_STREAMS_PER_CALLER,
  });
  return { access, enterCaller, onRefused: tellRefused(onRefused, log) };
}

/** Listens, with TLS when there are certificates, which are closed again when the address cannot be bound. */
async function listen(server: Server, options: RpcServerOptions, tls?: Certificates): Promise<number> {
  try {
    return await server.listen(options.address, tls && serverCredentials(tls));
  } catch (error) {
    tls?.close();
    throw error;
  }
}

/**
 * Starts a gRPC server with validation, error details, deadlines, bounds, tracing, health and reflection. Where the
 * options name them, the server has TLS and a check of callers. Rejects when the address cannot be bound, and when a
 * certificate is not usable.
 */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  patchServerTimeouts();
  patchStreamResets();
  patchFrames();
  const maxConnectionAgeMs = options.maxConnectionAgeMs ?? MAX_CONNECTION_AGE_MS;
  const server = createServer(serverOptions(options, maxConnectionAgeMs));
  const bounds = createCallBounds(maxConnectionAgeMs);
  const answers = createAnswerBytes(options.sharedAnswersOf);
  const guarded = server.with(
    guard({
      bounds,
      answers,
      enter: concurrencyLimit(methodBounds(options)),
      door: doorOf(options),
      check: options.check ?? ((_path, request) => ({ violations: [], request })),
      explain: options.explain ?? ((error) => error),
      log: options.log,
      before: options.before,
      observe: options.observe,
      onBegun: options.onBegun,
    }),
  );
  const names: string[] = [];
  options.register({
    add(definition, implementation) {
      names.push(definition.fullName);
      answers.know(definition);
      guarded.add(definition, implementation);
    },
  });

  const closing = new AbortController();
  const enterStandard = concurrencyLimit({ maxOf: maxOfMethod(options, MAX_STANDARD_STREAMS) });
  const unguarded = server
    .with(errorDetailsServerMiddleware)
    .with(fittingErrors)
    .with(withPlace(enterStandard))
    .with(endedBy(closing.signal, maxConnectionAgeMs));
  const health = HealthState();
  // Each watch listens.
  health.setMaxListeners(0);
  const setServing = (serving: boolean): void => {
    for (const name of ['', ...names]) health.setStatus(serving ? 'healthy' : 'unhealthy', name);
  };
  setServing(false);
  unguarded.add(HealthDefinition, HealthServiceImpl(health));
  if (options.descriptorSet) {
    // Its descriptors take some megabytes. A closed listener has no reflection.
    const { addReflection } = await import('./reflection.ts');
    addReflection(unguarded, options.descriptorSet, names);
  }

  const tls = options.tls && openCertificates(options.tls, options.log);
  const port = await listen(server, options, tls);
  let stopped: Promise<void> | undefined;
  return {
    port,
    setServing(serving) {
      if (!stopped) setServing(serving);
    },
    shutdown(graceMs) {
      stopped ??= shutDown({
        notServing: () => setServing(false),
        endStreams: () => closing.abort(),
        cutCalls: () => bounds.cut(),
        server,
        pauseMs: Math.min(options.shutdownPauseMs ?? SHUTDOWN_PAUSE_MS, graceMs),
        graceMs,
      }).finally(() => tls?.close());
      return stopped;
    },
  };
}
