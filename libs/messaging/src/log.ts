/** The log of this library; pino's interface. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log that drops everything. */
export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
