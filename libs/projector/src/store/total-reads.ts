import type { BoundCell, CassandraSession, Row } from '@meridian/cassandra';
import {
  KAFKA_PARTITION,
  partitionIdOf,
  type Table,
  type Total,
  rowIdOf,
  type TotalKey,
  toTotal,
} from '@meridian/projection';
import { createLimiter } from '@meridian/async';
import type { RowWriter } from './row-writer.ts';

/** Reads totals from the home region, at LOCAL_QUORUM. */
export interface TotalReads {
  /**
   * Reads one share of each named total. Calls `onRead` for each total as soon as it is read, even if it does not
   * exist. The number of requests under way is bounded over all callers. After a failure, no further request begins,
   * and the totals of the requests under way are still passed on. Then the call rejects with the failure.
   */
  read(
    share: number,
    wanted: ReadonlyMap<string, TotalKey>,
    onRead: (id: string, total: Total) => void,
  ): Promise<void>;
}

/** The bounds of reads. */
export interface TotalReadsOptions {
  /** How many requests are under way at once at most. */
  readonly maxInFlight?: number | undefined;
}

const MAX_IN_FLIGHT = 16;

/**
 * How many totals one request names. The store prepares and keeps one statement per size, so there are few sizes. A
 * request for fewer totals repeats its last key.
 */
const SIZES = [1, 5, 20, 100];
const LARGEST_PIECE = 100;
const LARGEST_PIECE_BYTES = 32_000;

/** The totals that one request reads. All are of one partition of the store. */
interface Piece {
  readonly table: Table;
  readonly ids: string[];
  readonly keys: TotalKey['key'][];
  /** The estimated size of the keys. */
  bytes: number;
}

/** Makes the reads of one generation, with one bound on requests for all callers. */
export function createTotalReads(
  session: Pick<CassandraSession, 'execute'>,
  writer: Pick<RowWriter, 'statements'>,
  { maxInFlight = MAX_IN_FLIGHT }: TotalReadsOptions = {},
): TotalReads {
  const limiter = createLimiter(maxInFlight);

  async function readPiece(share: number, { table, keys, ids }: Piece): Promise<ReadonlyMap<string, Row>> {
    const { select, selectMany } = writer.statements(table);
    const valueOf = (name: string, key: TotalKey['key'] = {}): BoundCell =>
      name === KAFKA_PARTITION ? share : key[name];
    const size = SIZES.find((one) => one >= keys.length) ?? LARGEST_PIECE;
    if (size === 1) {
      const params = select.columns.map((name) => valueOf(name, keys[0]));
      const [row] = await session.execute(select.cql, params, { consistency: 'LOCAL_QUORUM' });
      return new Map(row ? [[ids[0] ?? '', row]] : []);
    }
    const { cql, partition, clustering } = selectMany(size);
    const named = Array.from({ length: size }, (_, index) => keys[index] ?? keys.at(-1));
    const params = [
      ...partition.map((name) => valueOf(name, keys[0])),
      ...named.flatMap((key) => clustering.map((name) => valueOf(name, key))),
    ];
    const rows = await session.execute(cql, params, { consistency: 'LOCAL_QUORUM' });
    return new Map(rows.map((row) => [rowIdOf(table, row), row]));
  }

  return {
    async read(share, wanted, onRead) {
      const pieces = piecesOf(wanted);
      let failure: { readonly error: unknown } | undefined;
      const readOne = async () => {
        const piece = failure ? undefined : pieces.pop();
        if (!piece) return;
        const rows = await readPiece(share, piece);
        for (const [index, id] of piece.ids.entries())
          onRead(id, toTotal(piece.table, { ...piece.keys[index], [KAFKA_PARTITION]: share }, rows.get(id)));
      };
      const readThem = async () => {
        try {
          while (!failure && pieces.length > 0) await limiter(readOne);
        } catch (error) {
          failure ??= { error };
        }
      };
      await Promise.all(Array.from({ length: Math.min(maxInFlight, pieces.length) }, readThem));
      if (failure) throw failure.error;
    },
  };
}

/** Cuts the wanted totals into pieces, each of one partition of the store. */
function piecesOf(wanted: ReadonlyMap<string, TotalKey>): Piece[] {
  const open = new Map<string, Piece>();
  const pieces: Piece[] = [];
  for (const [id, { table, key }] of wanted) {
    const partition = partitionIdOf(table, key);
    const bytes = Buffer.byteLength(id);
    let piece = open.get(partition);
    if (!piece || piece.ids.length === LARGEST_PIECE || piece.bytes + bytes > LARGEST_PIECE_BYTES) {
      piece = { table, ids: [], keys: [], bytes: 0 };
      open.set(partition, piece);
      pieces.push(piece);
    }
    piece.ids.push(id);
    piece.keys.push(key);
    piece.bytes += bytes;
  }
  return pieces;
}
