import type { MysqlConnection, StatementResult } from '@meridian/mysql';
import { claimRequests, type Claims } from '../command-log/claim-requests.ts';
import type { Command } from '../command/command.ts';
import { CommandTooLargeError } from '../command/store-errors.ts';
import { requestBytes, type Statement } from '../sql/script.ts';
import { lockStates, type LockedState } from '../state/state-tables.ts';

/** A transaction that has begun: what was claimed and locked, and for which commands. */
export interface BegunTransaction {
  readonly commands: readonly Command[];
  readonly claims: Claims;
  readonly locked: LockedState;
}

interface Beginning {
  readonly statements: readonly Statement[];
  read(results: readonly StatementResult[]): BegunTransaction;
}

function beginningOf(commands: readonly Command[], lockWaitMs: number): Beginning {
  const claim = claimRequests(commands, lockWaitMs);
  const lock = lockStates(commands, lockWaitMs);
  const start: Statement = { sql: 'START TRANSACTION', values: [] };
  return {
    statements: [start, ...claim.statements, ...lock.statements],
    read([, , , claimed, ...locks]) {
      if (!claimed) throw new Error('the claims gave no result');
      return { commands, claims: claim.read(claimed), locked: lock.read(locks) };
    },
  };
}

/**
 * Begins the transaction of a group: claims the request ids and locks the states of as many commands, from the first on, as one
 * request can name. Throws CommandTooLargeError when one request cannot even name what the first needs.
 */
export async function begin(
  connection: MysqlConnection,
  all: readonly Command[],
  lockWaitMs: number,
): Promise<BegunTransaction> {
  let commands = all;
  let beginning = beginningOf(commands, lockWaitMs);
  while (requestBytes(beginning.statements) > connection.maxRequestBytes) {
    if (commands.length === 1) throw tooLarge(connection.maxRequestBytes);
    commands = commands.slice(0, Math.ceil(commands.length / 2));
    beginning = beginningOf(commands, lockWaitMs);
  }
  return beginning.read(await connection.runAll(beginning.statements));
}

/** The error of a command that alone writes more than one request may hold. */
export function tooLarge(maxBytes: number): CommandTooLargeError {
  return new CommandTooLargeError(`what the command writes does not fit into a request of ${maxBytes} bytes`);
}
