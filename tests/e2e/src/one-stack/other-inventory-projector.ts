import { runProjector } from '@meridian/projector-host';
import { inventoryProjection } from '@meridian/read-model-inventory';
import { inventoryVersion1 } from '@meridian/read-model-inventory/testing/version-1';

// The next version of the inventory's projector: its tables are those of version 1, with another key and other columns.
if (import.meta.main) await runProjector({ ...inventoryVersion1, version: inventoryProjection.version + 1 });
