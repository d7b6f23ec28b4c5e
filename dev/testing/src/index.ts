export { findText, type Place } from './find-text.ts';
export { openSessions, type OrderSessions, type SessionAddresses, type Side } from './order-sessions.ts';
export { openStockSessions, type StockSessions } from './stock-sessions.ts';
export { startTestStack, type TestStack } from './test-stack.ts';
export { openTruth, type Truth } from './truth.ts';
export {
  highestPosition,
  openShop,
  register,
  startTrading,
  type Acknowledged,
  type Trading,
} from './trading.ts';
export { formsOfBytes, formsOfText } from './stored/forms-of.ts';
export { searchFiles, type Finding, type Wanted } from './stored/search-files.ts';
