import { runProjector } from '@meridian/projector-host';
import { ordersProjection } from '@meridian/read-model-orders';

await runProjector(ordersProjection);
