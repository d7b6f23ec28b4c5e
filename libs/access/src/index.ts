export {
  decideCall,
  isKnownMethod,
  type Asker,
  type Decision,
  type DenialReason,
  type OwnData,
} from './decide.ts';
export { accessTableMarkdown } from './markdown.ts';
export { isRole, ROLES, STAFF_ROLES, type Role, type StaffRole } from './roles.ts';
export type { CustomerRule, Hidden, ReservedField, Rule } from './rule.ts';
export { METHOD_RULES, type AnyRule, type MethodRule } from './table.ts';
