import type { Measurement } from '../measure/measurement.ts';
import {
  commandsHot,
  commandsLatency,
  commandsReplicas,
  commandsThroughput,
  flatnessCommands,
} from './commands.ts';
import { queryEcho } from './echo.ts';
import { catchUpThroughput, visibleFar } from './far.ts';
import { flatnessProjection } from './flatness-projection.ts';
import { pipelineThroughput } from './pipeline.ts';
import { pipelineCost, pipelineLight } from './pipeline-cost.ts';
import { projectionSkewed, projectionThroughput } from './projection.ts';
import { projectionNodes } from './projection-nodes.ts';
import { groupPause, scalingProjectors } from './projector-group.ts';
import { queryLoneAvailability, queryLoneCustomer, queryLoneOrder } from './query-lone.ts';
import { queryThroughput } from './query.ts';
import { rebuildThroughput } from './rebuild.ts';
import { rebuildLive } from './rebuild-live.ts';
import { relayLatency, relayThroughput } from './relay.ts';
import { securityCommands, securityQuery, securityVisible } from './security.ts';
import { commandsSustained } from './sustained.ts';
import { visibleP50, visibleP99, visibleRemote } from './visible.ts';
import { waitsCost } from './waits.ts';
import { watchFanout } from './watch.ts';

/** Every line of the bench, in the order in which they run. */
export const MEASUREMENTS: readonly Measurement[] = [
  commandsThroughput,
  commandsHot,
  commandsSustained,
  pipelineThroughput,
  pipelineCost,
  pipelineLight,
  commandsLatency,
  commandsReplicas,
  relayThroughput,
  relayLatency,
  flatnessCommands,
  projectionThroughput,
  projectionSkewed,
  projectionNodes,
  rebuildThroughput,
  scalingProjectors,
  flatnessProjection,
  groupPause,
  queryEcho,
  queryThroughput,
  queryLoneOrder,
  queryLoneCustomer,
  queryLoneAvailability,
  visibleP50,
  visibleP99,
  visibleRemote,
  waitsCost,
  watchFanout,
  rebuildLive,
  securityCommands,
  securityQuery,
  securityVisible,
  // These end the engines of all others.
  visibleFar,
  catchUpThroughput,
];
