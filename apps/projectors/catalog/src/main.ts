import { runProjector } from '@meridian/projector-host';
import { catalogProjection } from '@meridian/read-model-catalog';

await runProjector(catalogProjection);
