import { runProjector } from '@meridian/projector-host';
import { {{name}}Projection } from '@meridian/read-model-{{name}}';

await runProjector({{name}}Projection);
