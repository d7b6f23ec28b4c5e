import { checkRequest, CreateProductRequest, CreateProductResponse } from '@meridian/contracts';
import { Metadata } from '@meridian/rpc';
import type { Command, CommandQueue, CommandResult } from '@meridian/write-store';
import { expect, it } from 'vitest';
import { createCommandRunner, type CallOrigin } from './run-command.ts';
import { RECEIPT_ONLY, type UseCase } from './use-case.ts';

const useCase: UseCase<CreateProductRequest, CreateProductResponse> = {
  name: 'CreateProduct',
  request: CreateProductRequest,
  answer: CreateProductResponse,
  prepare: () =>
    Promise.resolve({
      locks: [],
      decide: () => {
        throw new Error('not decided here');
      },
    }),
};

/** A call of somebody who may do everything, or of one customer. */
function callOf(customerId?: string): CallOrigin {
  const call = { metadata: Metadata(), signal: new AbortController().signal };
  if (customerId === undefined) return call;
  return { ...call, admitted: { caller: { id: 'i', actor: 'user:i', roles: [] }, own: { customerId } } };
}

function queueTold(told: (command: Command) => void): CommandQueue {
  return {
    submit(command): Promise<CommandResult> {
      told(command);
      const accepted = { kind: 'accepted', aggregateId: 'p', version: 1n, answer: RECEIPT_ONLY } as const;
      return Promise.resolve({ ...accepted, positions: new Map(), replayed: false });
    },
    depth: () => 0,
    held: () => 0,
    storeAnswers: () => undefined,
    drain: () => Promise.resolve(),
  };
}

it('tells the queue how large a command is, for the bound of its group', async () => {
  const sizes: (number | undefined)[] = [];
  const queue = queueTold(({ sizeBytes }) => sizes.push(sizeBytes));
  const runner = createCommandRunner({ queue, fingerprintKeys: [Buffer.alloc(32)] });
  for (const length of [1, 101]) {
    const request = CreateProductRequest.fromPartial({ productId: 'p', name: 'x'.repeat(length) });
    await runner.run(useCase, request, callOf());
  }
  expect(sizes[1]! - sizes[0]!).toBe(100);
});

it('takes a repeat that is typed otherwise for the same command: what is kept is compared', async () => {
  const fingerprints: string[] = [];
  const queue = queueTold(({ fingerprint, requestId }) =>
    fingerprints.push(`${requestId} ${Buffer.from(fingerprint).toString('hex')}`),
  );
  const runner = createCommandRunner({ queue, fingerprintKeys: [Buffer.alloc(32)] });
  const requestId = '919108f7-52d1-4320-9bac-f847db4148a8';
  const price = { currencyCode: 'GBP', amountMinor: 1n };
  for (const [id, name] of [
    [requestId, 'Café'],
    [requestId.toUpperCase(), ' Cafe\u0301\u200b '],
    [requestId, 'Cafe'],
  ]) {
    const typed = CreateProductRequest.fromPartial({ requestId: id, productId: 'p', name, price });
    const { request, violations } = checkRequest(
      '/meridian.catalog.v1.CatalogCommandService/CreateProduct',
      typed,
    );
    expect(violations).toEqual([]);
    await runner.run(useCase, request, callOf());
  }
  expect(fingerprints[1]).toBe(fingerprints[0]);
  expect(fingerprints[2]).not.toBe(fingerprints[0]);
});

it('gives the answer of a customer’s command again to that customer alone', async () => {
  const fingerprints: string[] = [];
  const queue = queueTold(({ fingerprint }) => fingerprints.push(Buffer.from(fingerprint).toString('hex')));
  const runner = createCommandRunner({ queue, fingerprintKeys: [Buffer.alloc(32)] });
  const request = CreateProductRequest.fromPartial({ requestId: 'r', productId: 'p' });
  for (const customerId of [undefined, 'anna', 'ben', 'anna'])
    await runner.run(useCase, request, callOf(customerId));
  const [house, anna, ben, again] = fingerprints;
  expect(new Set([house, anna, ben]).size).toBe(3);
  expect(again).toBe(anna);
});

it('knows what an older key made a fingerprint of, and makes its own with the first key', async () => {
  const seen: Pick<Command, 'fingerprint' | 'olderFingerprints'>[] = [];
  const queue = queueTold((command) => seen.push(command));
  const request = CreateProductRequest.fromPartial({ requestId: 'r', productId: 'p' });
  const [older, newer] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await createCommandRunner({ queue, fingerprintKeys: [older] }).run(useCase, request, callOf());
  await createCommandRunner({ queue, fingerprintKeys: [newer, older] }).run(useCase, request, callOf());
  const [before, during] = seen;
  expect(during?.olderFingerprints).toEqual([before?.fingerprint]);
  expect(during?.fingerprint).not.toEqual(before?.fingerprint);
});
