import { runProjector } from '@meridian/projector-host';
import { salesProjection } from '@meridian/read-model-sales';

await runProjector(salesProjection);
