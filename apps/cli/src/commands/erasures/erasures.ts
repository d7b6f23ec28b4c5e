import {
  ErasurePendingReason,
  ErasureState,
  GetErasureResponse,
  ListErasuresResponse,
  type Erasure,
  type RegionErasure,
} from '@meridian/contracts';
import { commandClientOf, type CommandClient } from '../../connect.ts';
import { inTypedWords } from '../../explain.ts';
import { say, table, toJson } from '../../output.ts';

/** Which erasures to show, and how. */
export interface ErasuresOptions {
  readonly pending: boolean;
  /** How many at most. When left out: all as JSON, which programs read, and otherwise what a person reads. */
  readonly limit?: number;
  readonly after?: string;
  /** The command-service to ask; the one of the running stack when left out. */
  readonly address?: string;
  readonly json: boolean;
}

/** The flag for each field, as the person typed it. */
const FLAGS = { customer_id: 'the id', page_size: '--limit', page_token: '--after' };

const LARGEST_PAGE = 200;
/** So many lines of a table are read by a person. */
const READABLE = 50;

/** Prints where an erasure is done, or a list of erasures, the newest first. With a customer, the options of the list do not count. */
export async function erasures(customerId: string | undefined, options: ErasuresOptions): Promise<void> {
  const client = commandClientOf(options.address);
  try {
    if (customerId === undefined) await list(client.erasures, options);
    else await one(client.erasures, customerId, options);
  } catch (error) {
    throw inTypedWords(error, FLAGS);
  } finally {
    client.close();
  }
}

type Questions = Pick<CommandClient['erasures'], 'getErasure' | 'listErasures'>;

async function one(questions: Questions, customerId: string, { json }: ErasuresOptions): Promise<void> {
  const answer = await questions.getErasure({ customerId });
  if (json) say(toJson(GetErasureResponse.toJSON(answer)));
  else say(tableOf(answer.erasure ? [answer.erasure] : []));
}

async function list(questions: Questions, options: ErasuresOptions): Promise<void> {
  const answer = await pageOf(questions, options);
  if (options.json) return say(toJson(ListErasuresResponse.toJSON(answer)));
  if (answer.erasures.length > 0) say(tableOf(answer.erasures));
  else say(options.pending ? 'no erasure is pending' : 'nobody was erased');
  if (answer.nextPageToken !== '') say(`more: --after ${answer.nextPageToken}`);
}

/** As many as were asked for, or all that there are, read by pages. A page of the service may have fewer and not be the last one. */
async function pageOf(questions: Questions, options: ErasuresOptions): Promise<ListErasuresResponse> {
  const state = options.pending ? ErasureState.PENDING : ErasureState.UNSPECIFIED;
  const limit = options.limit ?? (options.json ? Infinity : READABLE);
  const found: Erasure[] = [];
  let pageToken = options.after ?? '';
  do {
    const pageSize = Math.min(limit - found.length, LARGEST_PAGE);
    const page = await questions.listErasures({ pageSize, pageToken, state });
    found.push(...page.erasures);
    pageToken = page.nextPageToken;
  } while (pageToken !== '' && found.length < limit);
  return { erasures: found, nextPageToken: pageToken };
}

/** One line for each region of each erasure. */
function tableOf(all: readonly Erasure[]): string {
  const rows = all.flatMap(({ customerId, erasedAt, regions }) =>
    regions.map((one) => [customerId, erasedAt?.toISOString() ?? '', one.region, ...stateOf(one)]),
  );
  return table(['customer', 'erased at', 'region', 'state', 'done at', 'because'], rows);
}

const REASONS: Readonly<Partial<Record<ErasurePendingReason, string>>> = {
  [ErasurePendingReason.QUEUED]: 'waits for its turn',
  [ErasurePendingReason.REGION_UNAVAILABLE]: 'the region does not answer',
  [ErasurePendingReason.NOT_ACKNOWLEDGED]: 'the region has not acknowledged it',
  [ErasurePendingReason.REGION_FILLING]: 'the region is new and still being filled',
};

function stateOf({ state, doneAt, pendingReason }: RegionErasure): readonly [string, string, string] {
  if (state === ErasureState.DONE) return ['done', doneAt?.toISOString() ?? 'not recorded', ''];
  return ['pending', '', REASONS[pendingReason] ?? 'a reason that this version does not know'];
}
