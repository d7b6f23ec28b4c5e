import { channelSecurity, createJournalReader, type JournalReader } from '@meridian/client';
import { OutputClosedError } from '../../closed-output.ts';
import { runningStack, securityOf } from '../../connect.ts';
import { inTypedWords } from '../../explain.ts';
import { eventLine, say, table, toJson } from '../../output.ts';

/** Which part of the journal to print, and how. */
export interface ReadOptions {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly shard?: readonly number[];
  readonly address?: string;
  readonly json: boolean;
}

/** The flag for each field, as the person typed it. */
const FLAGS = { from_position: '--from', until_position: '--to', shards: '--shard' };

/** A reader at an address, as the environment says how to call it; of the running stack when left out. */
function readerAt(address: string | undefined): JournalReader {
  if (address !== undefined)
    return createJournalReader({ addresses: [address], ...channelSecurity(process.env) });
  const stack = runningStack();
  return createJournalReader({ addresses: [stack.addresses.command], ...securityOf(stack) });
}

/** Prints the head of the journal, and which positions were given up. */
export async function head({ address, json }: Pick<ReadOptions, 'address' | 'json'>): Promise<void> {
  const reader = readerAt(address);
  try {
    const answer = await reader.head();
    if (json) return say(toJson(answer));
    say(`the journal goes to position ${answer.position}`);
    if (answer.fences.length === 0) return;
    const rows = answer.fences.map(({ firstPosition, lastPosition, fencedAt, reason }) => [
      `${firstPosition}`,
      `${lastPosition}`,
      fencedAt?.toISOString() ?? '',
      reason,
    ]);
    say(table(['given up from', 'to', 'at', 'because'], rows));
  } finally {
    reader.close();
  }
}

/**
 * Prints a part of the journal, one event per line. Payloads are printed only in JSON, in base64, because they may hold
 * sealed data.
 */
export async function read(options: ReadOptions, signal: AbortSignal): Promise<void> {
  const { from, to, shard, json } = options;
  const reader = readerAt(options.address);
  try {
    const range = {
      signal,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { until: to }),
      ...(shard ? { shards: shard } : {}),
    };
    for await (const { events } of reader.read(range)) {
      for (const event of events) {
        const { position, time, aggregateType, aggregateId, version, type } = event;
        const line = `${position} ${time.toISOString()} ${aggregateType}/${aggregateId} v${version} ${type}`;
        say(json ? eventLine(event) : line);
      }
    }
  } catch (error) {
    // After `| head`, the reader has everything that it wants.
    if (!(signal.reason instanceof OutputClosedError)) throw inTypedWords(error, FLAGS);
  } finally {
    reader.close();
  }
}
