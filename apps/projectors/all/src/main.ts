import { runProjectors } from '@meridian/projector-host';
import { PROJECTIONS } from '@meridian/read-models';

// Every projection in one process: for one machine, where five processes would cost more than what they do.
await runProjectors(PROJECTIONS);
