import { sessionWith, unused } from '@meridian/cassandra/testing/stand-in-session';
import type { ContextName } from '@meridian/contracts';
import { createReader, type ProgressWatch } from '@meridian/read-store';
import type { Copy } from '../copies.ts';
import type { ReadModel } from '../read-model.ts';
import type { WaitingCall } from '../reached.ts';

export { sessionWith, unused };

/** A call that should be answered within so long, and that no server counts. */
export function callWithin(milliseconds: number): WaitingCall {
  return {
    deadline: new Date(Date.now() + milliseconds),
    signal: new AbortController().signal,
    startWaiting: () => () => undefined,
  };
}

/** A watch over progress that does what is given, and nothing else. */
export function watchWith(given: Partial<ProgressWatch>): ProgressWatch {
  return {
    current: unused,
    waitFor: unused,
    notify: unused,
    notificationsArrive: unused,
    follow: unused,
    close: unused,
    ...given,
  };
}

/** The read model of one context, with one copy, in the region eu-west. Its reader reads nothing unless one is given. */
export function modelWith(
  context: ContextName,
  given: Pick<Copy, 'parked' | 'watch'> & Partial<Copy>,
): ReadModel {
  const copy: Copy = {
    region: 'eu-west',
    isFallback: false,
    keys: { keyOf: unused, look: unused },
    ownRow: { until: unused },
    reader: createReader(sessionWith(), 'k', 1),
    ...given,
  };
  return {
    name: context,
    region: copy.region,
    contexts: [context],
    live: () => 1,
    onAnotherLive: () => () => undefined,
    keeps: () => true,
    copies: () => [copy],
    follow: unused,
    close: unused,
  };
}
