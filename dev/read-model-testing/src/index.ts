export { openTestRows, type TestRows } from './test-rows.ts';
