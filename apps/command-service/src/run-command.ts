import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { context as otel, propagation } from '@opentelemetry/api';
import type { CommandReceipt } from '@meridian/contracts';
import type { CallContext } from '@meridian/rpc';
import {
  UnlockedAggregateError,
  type Command,
  type CommandQueue,
  type CommandResult,
} from '@meridian/write-store';
import { actorOf } from './actor.ts';
import { toCallerAnswer } from './to-caller-answer.ts';
import { PrepareAgainError, type UseCase } from './use-case.ts';

/** Runs a use case: a method of the contract, as the server calls it. */
export type Method<Request, Answer> = (
  request: Request,
  context: CallOrigin,
) => Promise<Answer & { receipt: CommandReceipt }>;

/** Who calls, and until when. */
export type CallOrigin = Pick<CallContext, 'metadata' | 'signal' | 'admitted'>;

/** Runs use cases through the command queue. */
export interface CommandRunner {
  /**
   * Prepares, queues and decides one command, and answers once it is committed. A refusal, and a reuse of the request
   * id, throw the error that the caller should get. Errors of the queue and of the database are thrown unchanged.
   */
  run<Request extends { readonly requestId: string }, Answer>(
    useCase: UseCase<Request, Answer>,
    request: Request,
    context: CallOrigin,
  ): Promise<Answer & { receipt: CommandReceipt }>;
  /** The method that runs this use case. */
  method<Request extends { readonly requestId: string }, Answer>(
    useCase: UseCase<Request, Answer>,
  ): Method<Request, Answer>;
}

/**
 * Makes a runner. A fingerprint key tells a repeat of a command from a reuse of its id without keeping its content. The first key makes
 * fingerprints, and the fingerprints of all keys are known again.
 */
export function createCommandRunner({
  queue,
  fingerprintKeys,
  refusalOf,
}: {
  readonly queue: CommandQueue;
  readonly fingerprintKeys: readonly [Buffer, ...Buffer[]];
  /** Refuses what must not be recorded. */
  readonly refusalOf?: Command['refusalOf'];
}): CommandRunner {
  const [firstKey, ...olderKeys] = fingerprintKeys;
  // To make a key object costs more than the HMAC itself.
  const [first, older] = [createSecretKey(firstKey), olderKeys.map((key) => createSecretKey(key))];
  const run: CommandRunner['run'] = async (useCase, request, context) => {
    const customerId = context.admitted?.own?.customerId;
    // Taken before ids are made and data is sealed, so that the same request always gives the same fingerprint.
    const encoded = useCase.request.encode({ ...request, requestId: '' }).finish();
    const by = (key: KeyObject) =>
      createHmac('sha256', key)
        .update(`${useCase.name}\0`)
        // A customer's command is that customer's: nobody else is given its answer again.
        .update(customerId === undefined ? '' : `customer\0${customerId}\0`)
        .update(encoded)
        .digest();
    const fingerprints = { fingerprint: by(first), olderFingerprints: older.map(by) };
    const content = { ...fingerprints, sizeBytes: encoded.length, refusalOf };
    const result = await submitPrepared(queue, useCase, request, content, context);
    return toCallerAnswer(result, request, useCase.answer);
  };
  return { run, method: (useCase) => (request, context) => run(useCase, request, context) };
}

/** What a command carries of its request's content. */
type Content = Pick<Command, 'fingerprint' | 'olderFingerprints' | 'sizeBytes' | 'refusalOf'>;

/** Preparing again helps when what was looked up before the transaction came into being meanwhile. */
async function submitPrepared<Request extends { readonly requestId: string }, Answer>(
  queue: CommandQueue,
  useCase: UseCase<Request, Answer>,
  request: Request,
  content: Content,
  context: CallOrigin,
): Promise<CommandResult> {
  for (let attempt = 1; ; attempt++) {
    const command = await prepareCommand(useCase, request, content, context);
    try {
      return await queue.submit(command, context.signal);
    } catch (error) {
      const isLate = error instanceof PrepareAgainError;
      if (!isLate && !(error instanceof UnlockedAggregateError)) throw error;
      if (attempt < 3) continue;
      if (isLate) return { kind: 'refused', refusal: error.refusal };
      throw error;
    }
  }
}

async function prepareCommand<Request extends { readonly requestId: string }, Answer>(
  useCase: UseCase<Request, Answer>,
  request: Request,
  content: Content,
  context: CallOrigin,
): Promise<Command> {
  const actor = actorOf(context);
  const { locks, receiptIds = [], decide } = await useCase.prepare(request);
  const carrier: { traceparent?: string } = {};
  propagation.inject(otel.active(), carrier);
  return {
    requestId: request.requestId,
    name: useCase.name,
    ...content,
    actor,
    traceparent: carrier.traceparent ?? '',
    locks,
    receiptIds,
    decide,
  };
}
