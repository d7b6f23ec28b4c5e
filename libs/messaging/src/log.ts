import type { Log } from '@meridian/kernel';

export type { Log };

/** A log that drops everything. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
