import { PlaceOrderResponse, type CommandReceipt } from '@meridian/contracts';
import { refuse } from '@meridian/kernel';
import type { CommandResult } from '@meridian/write-store';
import { expect, it } from 'vitest';
import { toCallerAnswer } from './to-caller-answer.ts';

const REQUEST = { requestId: 'r-1' };

const answerOf = (result: CommandResult) => toCallerAnswer(result, REQUEST, PlaceOrderResponse);

it('gives the use case’s answer with a receipt, whose token names the positions', () => {
  const total = { currencyCode: 'GBP', amountMinor: 500n };
  const answer = PlaceOrderResponse.encode({ receipt: undefined, total }).finish();
  const positions = new Map([['orders/3', 17n] as const]);
  const accepted = { kind: 'accepted', aggregateId: 'o-1', version: 1n, answer, positions } as const;
  const [first, again] = [false, true].map((replayed) => answerOf({ ...accepted, replayed }));
  const receipt = (replayed: boolean): Partial<CommandReceipt> => ({
    aggregateId: 'o-1',
    version: 1n,
    replayed,
  });
  expect(first).toMatchObject({ total, receipt: receipt(false) });
  expect(again).toMatchObject({ total, receipt: receipt(true) });
  expect(first?.receipt.token?.entries).toMatchObject([{ partition: 3, position: 17n }]);
});

it('throws the refusal, and a reuse of the request id, as the errors that callers get', () => {
  const { refusal } = refuse('not-found', 'ORDER_NOT_FOUND', 'there is no such order');
  expect(() => answerOf({ kind: 'refused', refusal })).toThrow('there is no such order');
  expect(() => answerOf({ kind: 'conflict' })).toThrow('request id r-1 was used before with other content');
});
