import { readOptions } from './read-options.ts';
import { pageToken, text } from './text.ts';
import {
  distinct,
  expectedVersion,
  id,
  message,
  optionalId,
  price,
  requestId,
  several,
  smallNumber,
} from './values.ts';

/** The rules of the catalog's requests, by path. */
export const catalogRules = {
  '/meridian.catalog.v1.CatalogCommandService/CreateProduct': message({
    requestId: requestId(),
    productId: optionalId(),
    name: text({ min: 1, max: 200 }),
    price: price(),
  }),
  '/meridian.catalog.v1.CatalogCommandService/ChangePrice': message({
    requestId: requestId(),
    productId: id(),
    price: price(),
    expectedVersion: expectedVersion(),
  }),
  '/meridian.catalog.v1.CatalogCommandService/DiscontinueProduct': message({
    requestId: requestId(),
    productId: id(),
    reason: text({ min: 0, max: 500 }),
    expectedVersion: expectedVersion(),
  }),
  '/meridian.catalog.v1.CatalogQueryService/GetProduct': message({ productId: id(), read: readOptions() }),
  '/meridian.catalog.v1.CatalogQueryService/BatchGetProducts': message({
    productIds: several(id(), 1, 100).superRefine(distinct({ of: (productId) => productId })),
    read: readOptions(),
  }),
  '/meridian.catalog.v1.CatalogQueryService/ListProducts': message({
    pageSize: smallNumber(0, 200),
    pageToken: pageToken(),
    read: readOptions(),
  }),
};
