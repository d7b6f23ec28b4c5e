import { runProjector } from '@meridian/projector-host';
import { customersProjection } from '@meridian/read-model-customers';
import { customersVersion2 } from '@meridian/read-model-customers/testing/version-2';

// The next version of the customers' projector: it is fed by the orders as well, and has the tables of version 2.
if (import.meta.main) await runProjector({ ...customersVersion2, version: customersProjection.version + 1 });
