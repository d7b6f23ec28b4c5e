import { readOptions } from './read-options.ts';
import { pageToken, text } from './text.ts';
import {
  distinct,
  expectedVersion,
  id,
  message,
  requestId,
  several,
  smallNumber,
  wholeNumber,
} from './values.ts';

const MAX_PIECES = 1_000_000_000n;

/** The rules of the inventory's requests, by path. */
export const inventoryRules = {
  '/meridian.inventory.v1.InventoryCommandService/ReceiveStock': message({
    requestId: requestId(),
    receiptId: id(),
    productId: id(),
    quantity: wholeNumber(1n, MAX_PIECES),
  }),
  '/meridian.inventory.v1.InventoryCommandService/AdjustStock': message({
    requestId: requestId(),
    productId: id(),
    delta: wholeNumber(-MAX_PIECES, MAX_PIECES).refine((delta) => delta !== 0n, 'must not be 0'),
    reason: text({ min: 1, max: 500 }),
    expectedVersion: expectedVersion(),
  }),
  '/meridian.inventory.v1.InventoryQueryService/GetAvailability': message({
    productId: id(),
    read: readOptions(),
  }),
  '/meridian.inventory.v1.InventoryQueryService/BatchGetAvailability': message({
    productIds: several(id(), 1, 100).superRefine(distinct({ of: (productId) => productId })),
    read: readOptions(),
  }),
  '/meridian.inventory.v1.InventoryQueryService/ListLowStock': message({
    threshold: wholeNumber(0n, 1_000_000n),
    pageSize: smallNumber(0, 200),
    pageToken: pageToken(),
    read: readOptions(),
  }),
};
