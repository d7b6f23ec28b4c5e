import type { StaffRole } from './roles.ts';

/** A field of a request that only some roles may set. */
export interface ReservedField<Request> {
  /** As the contract names it, such as `placed_at`. */
  readonly field: string;
  isSet(request: Request): boolean;
  readonly roles: readonly StaffRole[];
}

/** What a customer is told of data that is not the customer's own: the same as of data that does not exist. */
export interface Hidden {
  readonly reason: string;
  readonly message: string;
}

/**
 * What a customer may do with a method:
 * - `never`: nothing;
 * - `public`: everything, since it shows nobody's data;
 * - `named`: the request has to name the customer's own id, which is compared before anything is done;
 * - `shown`: every answer has to show the customer's own id, which is compared before the answer is sent;
 * - `decided`: the handler compares, by the customer id of its context (`admitted`), before anything is done.
 */
export type CustomerRule<Request, Answer> =
  | { readonly kind: 'never' }
  | { readonly kind: 'public' }
  | { readonly kind: 'named'; customerIdOf(request: Request): string }
  | {
      readonly kind: 'shown';
      customerIdOf(answer: Answer): string | undefined;
      hidden(request: Request): Hidden;
    }
  | { readonly kind: 'decided'; hidden(request: Request): Hidden };

/**
 * Who may call a method. Whoever is not named here may not. The functions are declared as methods, so that rules of all
 * messages can stand in one list. The table checks each rule against the messages of its own method.
 */
export interface Rule<Request, Answer> {
  /** May call it about everybody's data. */
  readonly staff: readonly StaffRole[];
  readonly customer: CustomerRule<Request, Answer>;
  readonly reserved?: readonly ReservedField<Request>[];
}

/** A message type as ts-proto generates it. */
interface MessageType<Message> {
  decode(bytes: Uint8Array): Message;
}

type MessageOf<Type> = Type extends MessageType<infer Message> ? Message : never;

/** The part of a generated definition that rules are about. */
export interface Methods {
  readonly [method: string]: {
    readonly name: string;
    readonly requestType: MessageType<unknown>;
    readonly responseType: MessageType<unknown>;
  };
}

/** A rule for every method of a service; one that is missing does not compile. */
export type RulesOf<ServiceMethods extends Methods> = {
  readonly [Method in keyof ServiceMethods]: Rule<
    MessageOf<ServiceMethods[Method]['requestType']>,
    MessageOf<ServiceMethods[Method]['responseType']>
  >;
};
