import { setInterval } from 'node:timers';
import { startEngines } from './start-engines.ts';

// A starter for tests to kill: starts the engines of the folder named, says so in one line, and stays.
const [dataFolder] = process.argv.slice(2);
if (dataFolder === undefined) throw new Error('Name a data folder');
setInterval(() => undefined, 60_000);
const { addresses } = await startEngines({ dataFolder });
console.log(JSON.stringify(addresses));
