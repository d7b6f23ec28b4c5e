import { createMarks } from '@meridian/async';
import cassandra from 'cassandra-driver';

/** The nodes that were late a moment ago, by address. */
export interface LateNodes {
  /** A node did not answer in time. */
  add(address: string): void;
  /** Adds the nodes that a request was sent to before another one answered it. */
  addOf(request: AnsweredRequest): void;
  /** The addresses of the nodes that were late in the last five seconds. */
  current(): ReadonlySet<string>;
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

/** Remembers each node for five seconds. */
export function createLateNodes(now?: () => number): LateNodes {
  const marks = createMarks(FOR_MS, now);
  return {
    add: marks.set,
    addOf({ queriedHost, triedHosts, speculativeExecutions }) {
      if (speculativeExecutions === 0) return;
      for (const [address, error] of Object.entries(triedHosts))
        if (address !== queriedHost && !error) marks.set(address);
    },
    current: marks.current,
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
 * With this order, it does not begin with a node that is known to be late.
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
      const ordered = late.size === 0 ? plan : lateLast(plan, late, this.#known());
      // A plan to prepare a statement comes without options, and so does one for the driver's control connection.
      const prepares: boolean = !options;
      callback(error, prepares ? tellFailed(ordered, ({ address }) => this.#late.add(address)) : ordered);
    });
  }

  #known(): number {
    const near = (host: cassandra.Host) => host.isUp() && host.datacenter === this.#localDataCenter;
    return this.#hosts?.values().filter(near).length ?? 0;
  }
}

type NewQueryPlan = cassandra.policies.loadBalancing.LoadBalancingPolicy['newQueryPlan'];
