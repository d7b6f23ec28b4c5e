export { requestRules, validateRequest, type RuleViolation } from './validate.ts';
