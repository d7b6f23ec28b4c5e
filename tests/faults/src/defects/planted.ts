/** A mistake that somebody could have made. */
export interface Planted {
  readonly name: string;
  /** What is wrong. */
  readonly mistake: string;
  /** Exact texts of the product's source, and what stands there instead. */
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** The rules that may catch it. */
  readonly caughtBy: readonly string[];
}
