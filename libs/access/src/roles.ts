/** The roles whose work is about everybody's data. */
export const STAFF_ROLES = [
  'merchandiser',
  'warehouse',
  'finance',
  'importer',
  'operator',
  'service',
] as const;

/** A role whose work is about everybody's data. */
export type StaffRole = (typeof STAFF_ROLES)[number];

/** All roles. A customer works with the customer's own data only. */
export const ROLES = ['customer', ...STAFF_ROLES] as const;

/** What a caller may be. */
export type Role = (typeof ROLES)[number];

/** Whether a word names a role. */
export function isRole(word: unknown): word is Role {
  return ROLES.some((role) => role === word);
}
