// Writes the accounts of closed engines from the rights that a closed stack gives its services. `--check` writes nothing
// and fails when a file differs from what would be written.
import { writeOrCheck } from '../generated-files.ts';
import { accountFiles, CLOSED_ENGINES, COMMAND } from './all.ts';

writeOrCheck({ command: COMMAND, folder: CLOSED_ENGINES, fresh: accountFiles() });
