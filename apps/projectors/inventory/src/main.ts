import { runProjector } from '@meridian/projector-host';
import { inventoryProjection } from '@meridian/read-model-inventory';

await runProjector(inventoryProjection);
