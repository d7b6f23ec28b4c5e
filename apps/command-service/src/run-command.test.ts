import { CreateProductRequest, CreateProductResponse } from '@meridian/contracts';
import type { Command, CommandQueue, CommandResult } from '@meridian/write-store';
import { expect, it } from 'vitest';
import { createCommandRunner } from './run-command.ts';
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

it('tells the queue how large a command is, for the bound of its group', async () => {
  const sizes: (number | undefined)[] = [];
  const queue: CommandQueue = {
    submit({ sizeBytes }: Command): Promise<CommandResult> {
      sizes.push(sizeBytes);
      const accepted = { kind: 'accepted', aggregateId: 'p', version: 1n, answer: RECEIPT_ONLY } as const;
      return Promise.resolve({ ...accepted, positions: new Map(), replayed: false });
    },
    depth: () => 0,
    held: () => 0,
    storeAnswers: () => undefined,
    drain: () => Promise.resolve(),
  };
  const runner = createCommandRunner({ queue, fingerprintKey: Buffer.alloc(32) });
  for (const length of [1, 101]) {
    const request = CreateProductRequest.fromPartial({ productId: 'p', name: 'x'.repeat(length) });
    await runner.run(useCase, request, { actor: 'test', signal: new AbortController().signal });
  }
  expect(sizes[1]! - sizes[0]!).toBe(100);
});
