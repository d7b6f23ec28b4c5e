import cassandra from 'cassandra-driver';

/** The nodes that were late a moment ago, by address. */
export interface LateNodes {
  /** A node did not answer in time, so another one was asked as well. */
  add(address: string): void;
  /** The addresses of the nodes that were late in the last seconds. */
  current(): ReadonlySet<string>;
}

const FOR_MS = 5_000;
const NONE: ReadonlySet<string> = new Set();

/** Remembers each node for five seconds. */
export function createLateNodes(now: () => number = () => performance.now()): LateNodes {
  const untilMs = new Map<string, number>();
  return {
    add: (address) => void untilMs.set(address, now() + FOR_MS),
    current() {
      if (untilMs.size === 0) return NONE;
      for (const [address, until] of untilMs) if (until <= now()) untilMs.delete(address);
      return new Set(untilMs.keys());
    },
  };
}

/** Puts late nodes last, in their order. All stay as they are when half of the `known` nodes are late, or more: then it is the store. */
export function* lateLast<Node extends { readonly address: string }>(
  plan: Iterator<Node>,
  late: ReadonlySet<string>,
  known: number,
): Generator<Node, void> {
  const last: Node[] = [];
  const isLate = ({ address }: Node) => late.size * 2 < known && late.has(address);
  for (let next = plan.next(); next.done !== true; next = plan.next())
    if (isLate(next.value)) last.push(next.value);
    else yield next.value;
  yield* last;
}

/**
 * The driver's own choice of nodes, with those that were late at the end. A node that hangs then delays the few requests that find
 * that out, and no more. The driver prepares statements by the same choice. Without it, a statement that is new waits
 * for the time-out of a node that hangs.
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
      const late = this.#late.current();
      callback(error, late.size === 0 ? plan : lateLast(plan, late, this.#known()));
    });
  }

  #known(): number {
    const near = (host: cassandra.Host) => host.datacenter === this.#localDataCenter;
    return this.#hosts?.values().filter(near).length ?? 0;
  }
}

type NewQueryPlan = cassandra.policies.loadBalancing.LoadBalancingPolicy['newQueryPlan'];
