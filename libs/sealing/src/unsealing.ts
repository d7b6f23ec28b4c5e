// What a reader of personal data needs: the master key, the copies of the customers' keys, and what unseals. Loads no driver of MySQL.
export { createKeyCopies, type KeyCopies } from './key-copies.ts';
export type { KeyState } from './key-store.ts';
export { createMasterKey, type MasterKey } from './master-key.ts';
export { opensPersonalData, unsealPersonalData, type PersonalData } from './personal-data.ts';
