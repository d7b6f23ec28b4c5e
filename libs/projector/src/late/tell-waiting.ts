import { answerStatement, type ParkingOwner, type ParkingRequest, WAITS } from '@meridian/read-store';
import type { RegionalStore } from '../store/regional-store.ts';

/** Says what a request waits for, in the regions that answer. It stays open; the same said again is not written. */
export async function tellWaiting(
  store: RegionalStore,
  owner: ParkingOwner,
  request: ParkingRequest,
  detail: string,
): Promise<void> {
  if (request.detail === detail) return;
  await store.write([answerStatement(owner, request, WAITS, detail)], new Set(store.regions));
}
