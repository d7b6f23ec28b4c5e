export { findText, type Place } from './find-text.ts';
export { startTestStack, type TestStack } from './test-stack.ts';
export { openTruth, type Truth } from './truth.ts';
