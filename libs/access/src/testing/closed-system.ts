import * as contracts from '@meridian/contracts';
import { mapValues } from '@meridian/kernel';
import {
  notFound,
  startRpcServer,
  type CallContext,
  type RpcServer,
  type RpcServerOptions,
  type ServiceRegistry,
  type TsProtoServiceDefinition,
} from '@meridian/rpc';

type Method = TsProtoServiceDefinition['methods'][string] & { readonly requestStream: false };

/** A service of the contract, whatever its methods are. */
export interface AnyService {
  readonly name: string;
  readonly fullName: string;
  readonly methods: Record<string, Method>;
}

type Unary = Method & { readonly responseStream: false };
type Streaming = Method & { readonly responseStream: true };

/** A service, or a part of one, whose methods are all of a kind. */
interface ServiceOf<Kind extends Method> extends AnyService {
  readonly methods: Record<string, Kind>;
}

interface OrderRequest {
  readonly orderId?: string;
}

/** Every service of the contract. It is found by what the contract exports, and not by the table that is tested. */
export const SERVICES: readonly AnyService[] = Object.entries(contracts).flatMap(([name, exported]) =>
  name.endsWith('ServiceDefinition') ? [asService(exported)] : [],
);

function asService(exported: unknown): AnyService {
  if (!isService(exported)) throw new Error('the contract exports a service in another form');
  return exported;
}

function isService(exported: unknown): exported is AnyService {
  return typeof exported === 'object' && exported !== null && 'methods' in exported && 'fullName' in exported;
}

const isUnary = (method: Method): method is Unary => !method.responseStream;
const isStreaming = (method: Method): method is Streaming => method.responseStream;

/** Whose order it is, by its id `order-of-NAME`. */
const ownerOf = ({ orderId = '' }: OrderRequest): string => orderId.replace(/^order-of-/, '');
const shown = (request: OrderRequest) => ({ order: { summary: { customerId: ownerOf(request) } } });

/** Looks whose order it is, as ofOwnOrder and listOrderHistory do in the services. */
function decided(request: OrderRequest, { admitted }: CallContext): void {
  const own = admitted?.own;
  if (own && own.customerId !== ownerOf(request)) throw notFound('ORDER_NOT_FOUND', 'there is none');
}

/** Methods whose answers show whose order it is, and methods whose handlers look. */
const SHOWN = new Set(['GetOrder', 'WatchOrder']);
const DECIDED = new Set(['CancelOrder', 'ListOrderHistory']);

function answerOf({ name, responseType }: Method, request: OrderRequest, context: CallContext): unknown {
  if (DECIDED.has(name)) decided(request, context);
  return responseType.fromPartial?.(SHOWN.has(name) ? shown(request) : {});
}

/** The part of a service that has the methods of a kind. */
function partOf<Kind extends Method>(
  service: AnyService,
  isOfKind: (method: Method) => method is Kind,
): ServiceOf<Kind> {
  const methods = Object.entries(service.methods).flatMap(([key, method]) =>
    isOfKind(method) ? [[key, method] as const] : [],
  );
  return { ...service, methods: Object.fromEntries(methods) };
}

const hasMethods = ({ methods }: AnyService): boolean => Object.keys(methods).length > 0;

const answering = (method: Method) => async (request: OrderRequest, context: CallContext) =>
  answerOf(method, request, context);

const streamingAnswers = (method: Method) =>
  async function* (request: OrderRequest, context: CallContext) {
    yield answerOf(method, request, context);
  };

/** A method that is added to the contract is answered like the others, without a line here. */
function register(server: ServiceRegistry): void {
  for (const service of SERVICES) {
    const unary = partOf(service, isUnary);
    const streaming = partOf(service, isStreaming);
    if (hasMethods(unary)) server.add(unary, mapValues(unary.methods, answering));
    if (hasMethods(streaming)) server.add(streaming, mapValues(streaming.methods, streamingAnswers));
  }
}

/** A server of all services, whose handlers answer whatever they are asked, except of others' orders. */
export function startClosedSystem(options: Pick<RpcServerOptions, 'access' | 'tls'>): Promise<RpcServer> {
  return startRpcServer({ address: '127.0.0.1:0', shutdownPauseMs: 0, ...options, register });
}
