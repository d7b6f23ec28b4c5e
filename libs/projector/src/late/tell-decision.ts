import {
  decisionStatement,
  newDecision,
  type PartitionOf,
  progressDecisionStatement,
} from '@meridian/read-store';
import { writeEverywhere, type LateParts } from './apply-late.ts';

/**
 * Says, in every region, that an operator's decision changed the list of a partition's parked aggregates. To be called after the change.
 * Rejects with RegionsMissingError when a region did not acknowledge.
 */
export async function tellDecision(
  { store, owner }: Pick<LateParts, 'store' | 'owner'>,
  of: PartitionOf,
): Promise<void> {
  const decision = newDecision();
  const besideProgress = store.regions.map((region) =>
    progressDecisionStatement(owner.keyspace, { ...owner, region }, of, decision),
  );
  await writeEverywhere(store, [decisionStatement(owner, of, decision), ...besideProgress]);
}
