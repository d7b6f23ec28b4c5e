export * from './columns.ts';
export { requestBytes, type MysqlConnection } from './connection.ts';
export * from './errors.ts';
export * from './migrate.ts';
export * from './pool.ts';
export { endSession } from './session.ts';
export * from './uuid.ts';
export type { Row, Statement, StatementResult, Value } from './values.ts';
