import { defineTable, type Projection } from '@meridian/projection';
import { ordersProjection } from '../projection.ts';
import { customerMonths, ordersByCustomer, orderSteps } from '../tables.ts';

/** The list of version 2: nothing in it said which events wrote rows of a month. */
const listOfVersion2 = defineTable({
  name: ordersByCustomer.name,
  partitionKey: ordersByCustomer.partitionKey,
  clusteringKey: ordersByCustomer.clusteringKey,
  descending: ['placed_at', 'order_id'],
  columns: ordersByCustomer.columns,
});

/** What version 2 of the orders wrote: its generations answer until the next version is promoted, and after a rollback. */
export const ordersVersion2: Projection = {
  ...ordersProjection,
  version: 2,
  tables: [orderSteps, listOfVersion2, customerMonths],
  project: (event) =>
    ordersProjection
      .project(event)
      .filter(({ table, kind }) => table.name !== ordersByCustomer.name || kind !== 'write-static')
      .map((mutation) =>
        mutation.table.name === listOfVersion2.name ? { ...mutation, table: listOfVersion2 } : mutation,
      ),
};
