import { answerStatement, BEGUN, type ParkingOwner, type ParkingRequest, WAITS } from '@meridian/read-store';
import type { RegionalStore } from '../store/regional-store.ts';

/**
 * Tells the operator what a request waits for, in the regions that answer. The request stays open. The same detail is
 * written once.
 */
export async function tellWaiting(
  store: RegionalStore,
  owner: ParkingOwner,
  request: ParkingRequest,
  detail: string,
): Promise<void> {
  if (request.detail === detail) return;
  const outcome = request.hasBegunRetry ? BEGUN : WAITS;
  await store.write([answerStatement(owner, request, outcome, detail)], new Set(store.regions));
}
