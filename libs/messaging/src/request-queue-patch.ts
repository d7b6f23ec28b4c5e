import requestQueue, { type RequestQueue } from 'kafkajs/src/network/requestQueue/index.js';

/** What the correction needs of a request queue. */
export type PatchedQueue = Omit<RequestQueue, 'scheduleCheckPendingRequests'>;

const CHECK_INTERVAL_MS = 10;

/** Arms one timer when requests are pending, otherwise none. The timer is at least 10 ms ahead, never negative. */
export function scheduleCheckPendingRequests(this: PatchedQueue): void {
  if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
  const delayMs = Math.max(CHECK_INTERVAL_MS, this.throttledUntil - Date.now());
  this.throttleCheckTimeoutId = setTimeout(() => {
    this.throttleCheckTimeoutId = null;
    this.checkPendingRequests();
  }, delayMs);
}

let patched = false;

/**
 * Corrects kafkajs 2.2.4, whose idle connections keep re-arming a timer with a negative time-out (tulios/kafkajs#1751):
 * 4 % of a core doing nothing. Safe to call often; affects this process only.
 */
export function patchRequestQueue(): void {
  if (patched) return;
  requestQueue.prototype.scheduleCheckPendingRequests = scheduleCheckPendingRequests;
  patched = true;
}
