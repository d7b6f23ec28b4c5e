import type { Measurement } from '../measure/measurement.ts';
import {
  commandsHot,
  commandsLatency,
  commandsReplicas,
  commandsThroughput,
  flatnessCommands,
} from './commands.ts';

/** Every line of the bench, in the order in which they run. */
export const MEASUREMENTS: readonly Measurement[] = [
  commandsThroughput,
  commandsHot,
  commandsLatency,
  commandsReplicas,
  flatnessCommands,
];
