import * as contracts from '@meridian/contracts';
import type { OrderLineRequest } from '@meridian/contracts';
import type { StaffRole } from './roles.ts';
import type { Hidden, Rule, RulesOf } from './rule.ts';

/** Every service of the contract, by the name of its definition. */
type Services = {
  readonly [
    Name in keyof typeof contracts as Name extends `${string}ServiceDefinition` ? Name : never
  ]: (typeof contracts)[Name];
};

/** Every person of the house. */
const HOUSE = ['merchandiser', 'warehouse', 'finance', 'importer', 'operator'] as const;
const NEVER = { kind: 'never' } as const;
const PUBLIC = { kind: 'public' } as const;

const noSuchOrder = ({ orderId }: { readonly orderId: string }): Hidden => ({
  reason: 'ORDER_NOT_FOUND',
  message: `you have no order ${orderId}`,
});

const staffOnly = (...staff: readonly StaffRole[]) => ({ staff, customer: NEVER });

/** Customers may ask it too: it shows nobody's data. */
const forEverybody = { staff: HOUSE, customer: PUBLIC };

/** Customers name their own id in the request. */
const orNamed = (...staff: readonly StaffRole[]) => ({
  staff,
  customer: {
    kind: 'named',
    customerIdOf: ({ customerId }: { readonly customerId: string }) => customerId,
  } as const,
});

const shownInOrder = {
  kind: 'shown',
  customerIdOf: ({ order }: contracts.GetOrderResponse) => order?.summary?.customerId,
  hidden: noSuchOrder,
} as const;
const decidedByOrder = { kind: 'decided', hidden: noSuchOrder } as const;

const hasAgreedPrice = (lines: readonly OrderLineRequest[]): boolean =>
  lines.some(({ unitPrice }) => unitPrice !== undefined);

/**
 * Who may call what: role × method × own data, for the whole contract. It is the one place that says so. A service or a method that
 * has no entry here does not compile.
 */
export const ACCESS_TABLE = {
  CatalogCommandServiceDefinition: {
    createProduct: staffOnly('merchandiser', 'importer'),
    changePrice: staffOnly('merchandiser'),
    discontinueProduct: staffOnly('merchandiser'),
  },
  CatalogQueryServiceDefinition: {
    getProduct: forEverybody,
    batchGetProducts: forEverybody,
    listProducts: forEverybody,
  },
  InventoryCommandServiceDefinition: {
    receiveStock: staffOnly('warehouse', 'importer'),
    adjustStock: staffOnly('warehouse'),
  },
  InventoryQueryServiceDefinition: {
    getAvailability: forEverybody,
    batchGetAvailability: forEverybody,
    listLowStock: staffOnly('merchandiser', 'warehouse', 'operator'),
  },
  CustomersCommandServiceDefinition: {
    registerCustomer: orNamed('importer'),
    updateCustomer: orNamed('operator'),
    eraseCustomer: orNamed('operator'),
  },
  CustomersQueryServiceDefinition: {
    // The warehouse writes the address on the parcel.
    getCustomer: orNamed('warehouse', 'finance'),
  },
  ErasureServiceDefinition: {
    getErasure: orNamed('operator'),
    listErasures: staffOnly('operator'),
  },
  OrdersCommandServiceDefinition: {
    placeOrder: {
      ...orNamed('importer'),
      // Whoever could set these would choose the price or the day of the order.
      reserved: [
        { field: 'lines.unit_price', isSet: ({ lines }) => hasAgreedPrice(lines), roles: ['importer'] },
        { field: 'placed_at', isSet: ({ placedAt }) => placedAt !== undefined, roles: ['importer'] },
      ],
    },
    payOrder: staffOnly('finance', 'importer'),
    shipOrder: staffOnly('warehouse', 'importer'),
    deliverOrder: staffOnly('warehouse', 'importer'),
    cancelOrder: { staff: ['warehouse', 'finance'], customer: decidedByOrder },
    returnItems: {
      ...staffOnly('warehouse', 'importer'),
      // Whoever could set this would choose the day of the return, also one whose sales are long reported.
      reserved: [
        { field: 'returned_at', isSet: ({ returnedAt }) => returnedAt !== undefined, roles: ['importer'] },
      ],
    },
  },
  OrdersQueryServiceDefinition: {
    getOrder: { staff: ['warehouse', 'finance', 'importer', 'operator'], customer: shownInOrder },
    listOrderHistory: { staff: ['warehouse', 'finance', 'importer', 'operator'], customer: decidedByOrder },
    listCustomerOrders: orNamed('warehouse', 'finance', 'operator'),
    watchOrder: { staff: ['warehouse', 'finance', 'operator'], customer: shownInOrder },
  },
  SalesQueryServiceDefinition: {
    getDailySales: staffOnly('merchandiser', 'finance', 'operator'),
    listTopProducts: staffOnly('merchandiser', 'finance', 'operator'),
  },
  JournalServiceDefinition: {
    readJournal: staffOnly('operator', 'service'),
    getHead: staffOnly('operator', 'service'),
  },
} as const satisfies { readonly [Name in keyof Services]: RulesOf<Services[Name]['methods']> };

/** A method of the contract, with its rule. */
export interface MethodRule {
  /** Such as `/meridian.orders.v1.OrdersQueryService/GetOrder`. */
  readonly path: string;
  readonly service: string;
  readonly method: string;
  readonly rule: AnyRule;
}

/** A rule of any method: its path leads to it, and so to the messages that the table has checked it against. */
export type AnyRule = Rule<unknown, unknown>;

/** Every method of the contract with its rule, in the order of the table. */
export const METHOD_RULES: readonly MethodRule[] = Object.entries(ACCESS_TABLE).flatMap(([name, rules]) => {
  const { fullName, methods } = definitionOf(name);
  return Object.entries<AnyRule>(rules).map(([key, rule]): MethodRule => {
    const method = methods[key]?.name ?? '';
    return { path: `/${fullName}/${method}`, service: fullName, method, rule };
  });
});

interface Definition {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, { readonly name: string }>>;
}

function definitionOf(name: string): Definition {
  const found: Readonly<Record<string, unknown>> = contracts;
  const definition = found[name];
  if (!isDefinition(definition)) throw new Error(`${name} is no service of the contract`);
  return definition;
}

function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null && 'fullName' in value && 'methods' in value;
}
