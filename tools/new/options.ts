/** What may be given besides the kind and the name. */
export interface Options {
  readonly 'read-model'?: string;
  readonly table?: string;
  readonly aggregate?: string;
  readonly event?: string;
  readonly columns?: string;
  readonly context?: string;
}
