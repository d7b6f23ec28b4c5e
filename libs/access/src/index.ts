export { accessFields, accessProblems, type AccessConfig } from './access-config.ts';
export { createAccessControl } from './access-control.ts';
export {
  decideCall,
  isKnownMethod,
  type Asker,
  type Decision,
  type DenialReason,
  type OwnData,
} from './decide.ts';
export { prepareListener, type Listener } from './listener.ts';
export { accessTableMarkdown } from './markdown.ts';
export { isRole, ROLES, STAFF_ROLES, type Role, type StaffRole } from './roles.ts';
export type { CustomerRule, Hidden, ReservedField, Rule } from './rule.ts';
export { METHOD_RULES, type AnyRule, type MethodRule } from './table.ts';
export type { ClaimNames } from './tokens/claims.ts';
export { keysOfFile, keysOfUrl, type KeySource } from './tokens/key-source.ts';
export { createTokenVerifier, type TokenRules, type VerifyToken } from './tokens/verify-token.ts';
