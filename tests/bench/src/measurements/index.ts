import type { Measurement } from '../measure/measurement.ts';
import {
  commandsHot,
  commandsLatency,
  commandsReplicas,
  commandsThroughput,
  flatnessCommands,
} from './commands.ts';
import { queryEcho } from './echo.ts';
import { projectionSkewed, projectionThroughput } from './projection.ts';
import { queryThroughput } from './query.ts';
import { relayLatency, relayThroughput } from './relay.ts';
import { commandsSustained } from './sustained.ts';
import { visibleP50, visibleP99, visibleRemote } from './visible.ts';

/** Every line of the bench, in the order in which they run. */
export const MEASUREMENTS: readonly Measurement[] = [
  commandsThroughput,
  commandsHot,
  commandsSustained,
  commandsLatency,
  commandsReplicas,
  relayThroughput,
  relayLatency,
  flatnessCommands,
  projectionThroughput,
  projectionSkewed,
  queryEcho,
  queryThroughput,
  visibleP50,
  visibleP99,
  visibleRemote,
];
