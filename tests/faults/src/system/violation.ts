/** Something that must never happen, and did. */
export interface Violation {
  readonly rule: string;
  readonly detail: string;
}
