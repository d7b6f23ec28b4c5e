import { toToken, type CommandReceipt } from '@meridian/contracts';
import { refuse } from '@meridian/kernel';
import { refusalError } from '@meridian/rpc';
import type { CommandResult } from '@meridian/write-store';

/**
 * Turns the result of a command into the answer that its caller gets, with the receipt. A refusal, and a reuse of the request id,
 * throw the error that the caller gets.
 */
export function toCallerAnswer<Answer>(
  result: CommandResult,
  { requestId }: { readonly requestId: string },
  answerType: { decode(bytes: Uint8Array): Answer },
): Answer & { receipt: CommandReceipt } {
  if (result.kind === 'refused') throw refusalError(result.refusal);
  if (result.kind === 'conflict') throw refusalError(requestIdReused(requestId));
  const { aggregateId, version, positions, replayed } = result;
  const receipt = { aggregateId, version, token: toToken(positions), replayed };
  return { ...answerType.decode(result.answer), receipt };
}

function requestIdReused(requestId: string) {
  const message = `request id ${requestId} was used before with other content: use a new id for a new command`;
  return refuse('already-exists', 'REQUEST_ID_REUSED', message).refusal;
}
