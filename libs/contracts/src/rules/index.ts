export {
  checkRequest,
  requestRules,
  validateRequest,
  type CheckedRequest,
  type RuleViolation,
} from './validate.ts';
