import { setInterval } from 'node:timers';
import { startEngines } from './start-engines.ts';

// A process for tests to kill: starts the engines of the given folder, reports that in one line, and keeps running.
const [dataFolder] = process.argv.slice(2);
if (dataFolder === undefined) throw new Error('Name a data folder');
setInterval(() => undefined, 60_000);
const { addresses } = await startEngines({ dataFolder });
console.log(JSON.stringify(addresses));
