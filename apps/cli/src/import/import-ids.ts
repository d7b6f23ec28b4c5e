import { derivedId } from '@meridian/kernel';

/**
 * The namespace of the ids that an import derives. Never change it: a repeated import would place every order again.
 */
const NAMESPACE = '4e5c0f5e-9d0a-5c39-8a53-6b1f3f8a2d10';

/** The ids that an import derives: a second run sends the same commands again. */
export interface ImportIds {
  /** The request id of a step, such as `place/536365`. */
  request(step: string): string;
  /**
   * The request id of the return of a credit line. The rest of the file does not count. Another edition of the file must
   * not return the goods of the same line again, whatever order it matches the line with.
   */
  creditLine(line: string): string;
  /** The id of an order in a replay; the invoice number itself in the first. */
  order(invoiceNo: string, replay: number): string;
  /** The id of a goods receipt of a product. */
  receipt(productId: string, part: string): string;
}

/** Derives ids from the file's content id, and those of returns from their credit lines. */
export function importIds(contentId: string): ImportIds {
  return {
    request: (step) => derivedId(`${contentId}/${step}`, NAMESPACE),
    creditLine: (line) => derivedId(`return/${line}`, NAMESPACE),
    order: (invoiceNo, replay) => (replay === 1 ? invoiceNo : `${invoiceNo}.r${replay}`),
    receipt: (productId, part) => `${contentId}.${part}.${productId}`,
  };
}
