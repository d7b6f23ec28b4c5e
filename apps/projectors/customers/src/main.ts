import { runProjector } from '@meridian/projector-host';
import { customersProjection } from '@meridian/read-model-customers';

await runProjector(customersProjection);
