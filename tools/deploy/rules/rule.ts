import type { Build } from '../model/manifest.ts';
import type { Product } from '../model/product.ts';

/** One thing that holds of everything that is deployed. */
export interface Rule {
  /** Also the name of its file of manifests that must fail, in fixtures/. */
  readonly name: string;
  /** What is wrong, a line each; the first word is the resource. */
  check(build: Build, product: Product): readonly string[];
}
