// kafkajs publishes no types of its inner files. This one is imported by name, so that a bundle holds the same file that kafkajs uses.
declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { PatchedQueue } from './request-queue-patch.ts';

  const requestQueue: {
    prototype: PatchedQueue & { scheduleCheckPendingRequests(this: PatchedQueue): void };
  };
  export default requestQueue;
}
