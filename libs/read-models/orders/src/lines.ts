import { z } from 'zod';

/** A line as an event tells it: placed, or so much of it returned. */
export interface PackedLine {
  readonly lineNo: number;
  readonly productId: string;
  readonly productName: string;
  readonly quantity: bigint;
  readonly unitPriceMinor: bigint;
}

const number = z.string().transform((digits) => BigInt(digits));
const packed = z.array(
  z
    .object({ no: z.number(), product: z.string(), name: z.string(), quantity: number, price: number })
    .transform(({ no, product, name, quantity, price }): PackedLine => ({
      lineNo: no,
      productId: product,
      productName: name,
      quantity,
      unitPriceMinor: price,
    })),
);

/** The lines of an event in one cell, as JSON that people can read; numbers that may be large are texts of digits. */
export function packLines(lines: readonly PackedLine[]): string {
  return JSON.stringify(
    lines.map(({ lineNo, productId, productName, quantity, unitPriceMinor }) => ({
      no: lineNo,
      product: productId,
      name: productName,
      quantity: quantity.toString(),
      price: unitPriceMinor.toString(),
    })),
  );
}

/** The lines of such a cell. Throws when it holds anything else. */
export function unpackLines(cell: string): readonly PackedLine[] {
  return packed.parse(JSON.parse(cell));
}
