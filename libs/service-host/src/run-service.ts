import { within } from '@meridian/async';
import { trace, type Tracer } from '@opentelemetry/api';
import { pino, type Logger, type LoggerOptions } from 'pino';
import type { BaseConfig } from './base-config.ts';
import { ConfigurationError } from './config.ts';
import { startHttpEndpoint } from './http-endpoint.ts';
import { logOutput, type LogOutput } from './log-output.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { ordersToStop, type StopOrder } from './stop-orders.ts';
import { watchReadiness } from './readiness.ts';
import { startTracing, type Tracing } from './tracing.ts';

/** What a service gets from its host. */
export interface Host {
  /** Structured logs, one JSON line each, with the id of the active trace. */
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly tracer: Tracer;
  /**
   * Aborted once the service has to stop. A start that waits for an engine may reject with the signal's reason then. That is an
   * orderly stop.
   */
  readonly stopping: AbortSignal;
  /** Ends the process in an orderly way with exit code 1: for failures that the process cannot repair itself. */
  fail(error: unknown): void;
}

/** A service that was started. */
export interface RunningService {
  /** The gRPC port, for the log line when the service is up. */
  readonly grpcPort?: number;
  /** Whether the service can do its work now. Called every second, but never while the last call is pending. */
  ready(): boolean | Promise<boolean>;
  /** What an operator has to do before the service can be ready, in one line; undefined where nobody has to do anything. */
  advice?(): string | undefined;
  /** Whether the process can go on at all. When it cannot, the process should be restarted. */
  live?(): boolean;
  /** Called when readiness changes, and with `false` before the drain: for gRPC health. */
  serving?(ready: boolean): void;
  /** Accepts no new work and finishes the current work. */
  drain(): Promise<void>;
  /** Closes all resources; called after drain. */
  stop(): Promise<void>;
}

/** A service's name, its configuration and how it starts. */
export interface Service<Config extends BaseConfig> {
  readonly name: string;
  /** The configuration or, better, a function that loads it: problems are then reported without a stack trace. */
  readonly config: Config | (() => Config);
  start(host: Host, config: Config): Promise<RunningService>;
}

/** EX_CONFIG of sysexits.h. */
const UNUSABLE = 78;
const MAX_FLUSH_MS = 3_000;

function createLog(name: string, level: string, output: LogOutput): Logger {
  const options: LoggerOptions = {
    level,
    base: { service: name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin() {
      const active = trace.getActiveSpan()?.spanContext();
      return active ? { traceId: active.traceId } : {};
    },
  };
  return pino(options, output);
}

function configured<Config extends BaseConfig>(
  service: Service<Config>,
  output: LogOutput,
): Config | undefined {
  try {
    return typeof service.config === 'function' ? service.config() : service.config;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    sayProblems(createLog(service.name, 'info', output), error);
    return undefined;
  }
}

function sayProblems(log: Logger, { problems }: ConfigurationError): void {
  for (const problem of problems) log.fatal({ event: 'configuration' }, problem);
}

/**
 * Runs a service until it is asked to stop, then ends the process. One line
 * `{"event":"ready","grpcPort":…,"httpPort":…}` is logged when it is ready for the first time. SIGTERM and SIGINT drain
 * it once, within MERIDIAN_DRAIN_MS; a second signal ends it at once. Exit codes: 0 after an orderly stop. 1 after an
 * error, or a drain that took too long. 78 when the configuration is not usable, even if this shows only while the
 * service starts. 130 or 143 when forced.
 */
export async function runService<Config extends BaseConfig>(service: Service<Config>): Promise<never> {
  const output = logOutput(process.stdout.fd);
  const config = configured(service, output);
  if (!config) return process.exit(UNUSABLE);
  const log = createLog(service.name, config.MERIDIAN_LOG_LEVEL, output);
  const orders = ordersToStop(log);
  const tracing = await startTracing({
    service: service.name,
    traces: config.MERIDIAN_TRACES,
    ratio: config.MERIDIAN_TRACE_RATIO,
  });
  const code = await live(service, config, { log, output, tracing, orders }).catch((error: unknown) => {
    if (error instanceof ConfigurationError) {
      sayProblems(log, error);
      return UNUSABLE;
    }
    log.fatal({ err: error, event: 'failed' }, 'the service failed');
    return 1;
  });
  await within(MAX_FLUSH_MS, tracing.stop()).catch((error: unknown) => {
    log.warn({ err: error }, 'some spans were not sent');
  });
  log.info({ event: 'stopped', exitCode: code }, 'stopped');
  return process.exit(code);
}

interface Surroundings {
  readonly log: Logger;
  readonly output: LogOutput;
  readonly tracing: Tracing;
  readonly orders: { readonly stop: Promise<StopOrder>; fail(error: unknown): void };
}

async function live<Config extends BaseConfig>(
  service: Service<Config>,
  config: Config,
  around: Surroundings,
): Promise<number> {
  const { log, output, tracing, orders } = around;
  const metrics = createMetrics(service.name);
  const lost = metrics.counter({
    name: 'meridian_log_lines_lost_total',
    help: 'Lines of the log that could not be written.',
  });
  output.onLost((lines) => lost.inc(lines));
  const state: { running?: RunningService; isReady: boolean } = { isReady: false };
  const http = await startHttpEndpoint(config.MERIDIAN_HTTP_HOST, config.MERIDIAN_HTTP_PORT, {
    registry: metrics.registry,
    log,
    isLive: () => state.running?.live?.() ?? true,
    isReady: () => state.isReady,
    advice: () => state.running?.advice?.(),
  });
  const stopping = new AbortController();
  void orders.stop.then(({ cause }) => stopping.abort(new Error(`the service stops: ${cause}`)));
  const { signal } = stopping;
  const host: Host = { log, metrics, tracer: tracing.tracer, stopping: signal, fail: orders.fail };
  const starting = service.start(host, config);
  const early = await Promise.race([starting.then(() => undefined), orders.stop]);
  const running = early ? await startedLate(starting, config.MERIDIAN_DRAIN_MS, signal) : await starting;
  if (!running) return (await orders.stop).exitCode;
  state.running = running;
  const { grpcPort } = running;
  const readiness = early
    ? undefined
    : watchReadiness(running, log, (ready, first) => {
        state.isReady = ready;
        if (first) log.info({ event: 'ready', grpcPort, httpPort: http.port }, 'ready');
      });
  const order = await orders.stop;
  log.info({ event: 'draining', cause: order.cause }, 'draining');
  state.isReady = false;
  readiness?.stop();
  const orderly = await drained(running, config.MERIDIAN_DRAIN_MS, log);
  await http.close();
  return orderly ? order.exitCode : 1;
}

/** What was still starting when the service had to stop, unless the start has ended for that reason. */
async function startedLate(
  starting: Promise<RunningService>,
  drainMs: number,
  stopping: AbortSignal,
): Promise<RunningService | undefined> {
  try {
    return await within(drainMs, starting);
  } catch (error) {
    if (error === stopping.reason) return undefined;
    throw error;
  }
}

async function drained(running: RunningService, drainMs: number, log: Logger): Promise<boolean> {
  const ending = async (): Promise<void> => {
    running.serving?.(false);
    await running.drain();
    await running.stop();
  };
  try {
    await within(drainMs, ending());
    return true;
  } catch (error) {
    log.error({ err: error, event: 'undrained' }, 'the drain failed or took too long');
    return false;
  }
}
