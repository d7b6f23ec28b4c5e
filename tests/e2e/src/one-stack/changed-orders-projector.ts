import type { Mutation } from '@meridian/projection';
import { runProjector } from '@meridian/projector-host';
import { ordersProjection } from '@meridian/read-model-orders';
import { CHANGED_NOTE } from '@meridian/testing/order-sessions';

function changed(mutation: Mutation): Mutation {
  if (mutation.kind !== 'write' || !('note' in mutation.cells)) return mutation;
  return {
    ...mutation,
    cells: { ...mutation.cells, note: `${CHANGED_NOTE}${String(mutation.cells['note'])}` },
  };
}

// The next version of the orders projector: the same process, and other words in an order's history.
if (import.meta.main)
  await runProjector({
    ...ordersProjection,
    version: ordersProjection.version + 1,
    project: (event) => ordersProjection.project(event).map(changed),
  });
