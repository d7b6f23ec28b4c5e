export { startTestStack, type TestStack } from './test-stack.ts';
export { openTruth, type Truth } from './truth.ts';
