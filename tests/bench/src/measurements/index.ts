import type { Measurement } from '../measure/measurement.ts';
import {
  commandsHot,
  commandsLatency,
  commandsReplicas,
  commandsThroughput,
  flatnessCommands,
} from './commands.ts';
import { queryEcho } from './echo.ts';
import { flatnessProjection } from './flatness-projection.ts';
import { projectionSkewed, projectionThroughput } from './projection.ts';
import { groupPause, scalingProjectors } from './projector-group.ts';
import { queryThroughput } from './query.ts';
import { rebuildThroughput } from './rebuild.ts';
import { rebuildLive } from './rebuild-live.ts';
import { relayLatency, relayThroughput } from './relay.ts';
import { commandsSustained } from './sustained.ts';
import { visibleP50, visibleP99, visibleRemote } from './visible.ts';
import { watchFanout } from './watch.ts';

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
  rebuildThroughput,
  scalingProjectors,
  flatnessProjection,
  groupPause,
  queryEcho,
  queryThroughput,
  visibleP50,
  visibleP99,
  visibleRemote,
  watchFanout,
  rebuildLive,
];
