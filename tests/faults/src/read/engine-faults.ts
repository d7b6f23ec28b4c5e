import type { EngineName } from '@meridian/engines';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultyEngines } from '../system/engines.ts';
import type { NODE_FAULT_KINDS } from './schedule.ts';

/** What is to be done to some nodes of a region. */
export interface NodeFault {
  readonly kind: (typeof NODE_FAULT_KINDS)[number];
  readonly lastsMs: number;
  /** Picks the region, its nodes, and how they go away where the kind leaves that open. */
  readonly pick: number;
}

/** What can be done to engines. Each resolves when they answer again. */
export interface EngineFaults {
  kafkaAway(lastsMs: number): Promise<void>;
  /** All nodes of a region are away. */
  regionAway(region: string, lastsMs: number): Promise<void>;
  /** Harms some nodes of a region, and tells which. */
  harmNodes(fault: NodeFault, tell: (what: string) => void): Promise<void>;
  /** Resolves when all that is away now has come back, or failed to. */
  whenHealed(): Promise<void>;
}

/** A slow node sleeps for about a second, and then works for a moment, again and again. */
const SLEEPS_MS = 1_000;
const WORKS_MS = 400;

/** Harms the engines of a run. */
export function engineFaults(engines: FaultyEngines): EngineFaults {
  const outages = new Set<Promise<void>>();
  const allOf = (region: string) =>
    engines.nodes.filter((node) => node.region === region).map(({ name }) => name);

  async function during(outage: Promise<void>): Promise<void> {
    outages.add(outage);
    await outage.finally(() => outages.delete(outage));
  }

  async function kafkaAway(lastsMs: number): Promise<void> {
    await engines.kill('kafka');
    await pause(lastsMs);
    await engines.restart('kafka');
  }

  /** Kills nodes, and starts them again after a while. They keep no hints for others then: nor did they before. */
  async function kill(nodes: readonly EngineName[], lastsMs: number): Promise<void> {
    await Promise.all(nodes.map((node) => engines.kill(node)));
    await pause(lastsMs);
    for (const node of nodes) {
      await engines.restart(node);
      await engines.withoutHints(node);
    }
  }

  async function freeze(nodes: readonly EngineName[], lastsMs: number): Promise<void> {
    await Promise.all(nodes.map((node) => engines.pause(node)));
    await pause(lastsMs);
    await Promise.all(nodes.map((node) => engines.resume(node)));
  }

  async function slow(nodes: readonly EngineName[], lastsMs: number): Promise<void> {
    for (let leftMs = lastsMs; leftMs > 0; leftMs -= SLEEPS_MS + WORKS_MS) {
      await freeze(nodes, SLEEPS_MS);
      await pause(WORKS_MS);
    }
  }

  function harm({ kind, lastsMs, pick }: NodeFault, tell: (what: string) => void): Promise<void> {
    const region = engines.regions[pick % engines.regions.length] ?? '';
    const all = allOf(region);
    const first = Math.floor(pick / 2) % all.length;
    const chosen = [...all, ...all].slice(first, first + (kind === 'two-nodes-away' ? 2 : 1));
    const isKilled = kind === 'kill-node' || (kind === 'two-nodes-away' && Math.floor(pick / 16) % 2 === 0);
    const how = kind === 'slow-node' ? 'slow' : isKilled ? 'killed, away' : 'asleep';
    tell(`${chosen.join(' and ')}, ${how} for ${lastsMs} ms`);
    if (kind === 'slow-node') return slow(chosen, lastsMs);
    return isKilled ? kill(chosen, lastsMs) : freeze(chosen, lastsMs);
  }

  return {
    kafkaAway: (lastsMs) => during(kafkaAway(lastsMs)),
    regionAway: (region, lastsMs) => during(kill(allOf(region), lastsMs)),
    harmNodes: (fault, tell) => during(harm(fault, tell)),
    async whenHealed() {
      await Promise.allSettled(outages);
    },
  };
}
