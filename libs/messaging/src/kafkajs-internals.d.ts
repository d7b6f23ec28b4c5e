// kafkajs publishes no types of its inner files. This one is imported by name, so that a bundle holds the same file that kafkajs uses.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  /** The part of kafkajs' request queue that is corrected. */
  export interface RequestQueue {
    pending: readonly unknown[];
    throttledUntil: number;
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests(): void;
  }

  const requestQueue: { readonly prototype: RequestQueue };
  export default requestQueue;
}
