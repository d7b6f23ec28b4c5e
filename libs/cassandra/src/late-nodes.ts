import { createMarks } from '@meridian/async';
import cassandra from 'cassandra-driver';

/** The nodes that were late a moment ago, by address. */
export interface LateNodes {
  /** A node did not answer in time. */
  add(address: string): void;
  /** Adds the nodes that a request was sent to before another one answered it. The one that answered is silent no more. */
  addOf(request: AnsweredRequest): void;
  /** The addresses of the nodes that were late in the last five seconds. */
  current(): ReadonlySet<string>;
  /** The addresses of the nodes that were late, however long ago, and have answered nothing since. */
  silent(): ReadonlySet<string>;
}

/** What the driver tells of a request that was answered. */
export interface AnsweredRequest {
  /** Who answered. */
  readonly queriedHost: string;
  /** Every node that got the request, with its error if it had one. */
  readonly triedHosts: Readonly<Record<string, unknown>>;
  /** How many nodes got it because an earlier one was late. */
  readonly speculativeExecutions: number;
}

const FOR_MS = 5_000;

/** Remembers each late node for five seconds, and each silent one until it answers. */
export function createLateNodes(now?: () => number): LateNodes {
  const marks = createMarks(FOR_MS, now);
  const silent = new Set<string>();
  const add = (address: string) => {
    marks.set(address);
    silent.add(address);
  };
  return {
    add,
    addOf({ queriedHost, triedHosts, speculativeExecutions }) {
      silent.delete(queriedHost);
      if (speculativeExecutions === 0) return;
      for (const [address, error] of Object.entries(triedHosts))
        if (address !== queriedHost && !error) add(address);
    },
    current: marks.current,
    silent: () => silent,
  };
}

/** The late nodes that others can be asked before: none when half of the `known` nodes are late, or more. Then it is the store. */
export function avoidable(late: ReadonlySet<string>, known: number): ReadonlySet<string> {
  return late.size * 2 < known ? late : NONE;
}

const NONE: ReadonlySet<string> = new Set();

/** Puts the nodes of `late` last. Both parts keep their order. */
export function* lateLast<Node extends { readonly address: string }>(
  plan: Iterator<Node>,
  late: ReadonlySet<string>,
): Generator<Node, void> {
  const last: Node[] = [];
  for (let next = plan.next(); next.done !== true; next = plan.next())
    if (late.has(next.value.address)) last.push(next.value);
    else yield next.value;
  yield* last;
}

/** Gives the nodes of a plan. Calls `failed` with each one that another is asked after. */
function* tellFailed<Node>(plan: Iterator<Node>, failed: (node: Node) => void): Generator<Node, void> {
  for (let next = plan.next(); next.done !== true; next = plan.next()) {
    yield next.value;
    failed(next.value);
  }
}

/**
 * The driver's own choice of nodes, with those that were late at the end. A node that hangs then delays the few requests that find
 * that out, and no more. The driver prepares statements by the same choice, and asks no second node before the time-out of the first.
 * So these requests go to silent nodes last, however many are late: a node that is slow answers, one that hangs does not.
 */
export class LateNodesLast extends cassandra.policies.loadBalancing.DefaultLoadBalancingPolicy {
  readonly #localDataCenter: string;
  readonly #late: LateNodes;
  #hosts: cassandra.HostMap | undefined;

  constructor(localDataCenter: string, late: LateNodes) {
    super({ localDc: localDataCenter });
    this.#localDataCenter = localDataCenter;
    this.#late = late;
  }

  override init(client: cassandra.Client, hosts: cassandra.HostMap, callback: cassandra.EmptyCallback): void {
    this.#hosts = hosts;
    super.init(client, hosts, callback);
  }

  override newQueryPlan(...[keyspace, options, callback]: Parameters<NewQueryPlan>): void {
    super.newQueryPlan(keyspace, options, (error, plan) => {
      // A plan to prepare a statement comes without options, and so does one for the driver's control connection.
      const prepares: boolean = !options;
      const late = prepares ? this.#late.silent() : this.#avoidable();
      const ordered = late.size === 0 ? plan : lateLast(plan, late);
      callback(error, prepares ? tellFailed(ordered, ({ address }) => this.#late.add(address)) : ordered);
    });
  }

  #avoidable(): ReadonlySet<string> {
    const late = this.#late.current();
    return late.size === 0 ? late : avoidable(late, this.#known());
  }

  #known(): number {
    const near = (host: cassandra.Host) => host.isUp() && host.datacenter === this.#localDataCenter;
    return this.#hosts?.values().filter(near).length ?? 0;
  }
}

type NewQueryPlan = cassandra.policies.loadBalancing.LoadBalancingPolicy['newQueryPlan'];
