import {
  CreateProductRequest,
  PlaceOrderRequest,
  RegisterCustomerRequest,
  validateRequest,
} from '@meridian/contracts';
import { CURRENCY } from './sending.ts';

/** The lines that one order may have, by the contract. */
export const MAX_ORDER_LINES = 1_200;

const CREATE_PRODUCT = '/meridian.catalog.v1.CatalogCommandService/CreateProduct';
const REGISTER_CUSTOMER = '/meridian.customers.v1.CustomersCommandService/RegisterCustomer';
const PLACE_ORDER = '/meridian.orders.v1.OrdersCommandService/PlaceOrder';

/** Which values of a line the services accept. The limits are the contract's own rules, not copies. */
export interface ServiceLimits {
  isCountry(country: string): boolean;
  isProductName(name: string): boolean;
  isInstant(instantMs: number): boolean;
  isUnitPrice(amountMinor: bigint): boolean;
  /** Pieces of an order's line, or of its return. */
  isQuantity(pieces: bigint): boolean;
}

/** Makes the limits of one file. A rule is checked once per value, however many lines have that value. */
export function createServiceLimits(): ServiceLimits {
  return {
    isCountry: rule(REGISTER_CUSTOMER, 'country', (country: string) =>
      RegisterCustomerRequest.fromPartial({ country }),
    ),
    isProductName: rule(CREATE_PRODUCT, 'name', (name: string) => CreateProductRequest.fromPartial({ name })),
    isInstant: rule(PLACE_ORDER, 'placed_at', (instantMs: number) =>
      PlaceOrderRequest.fromPartial({ placedAt: new Date(instantMs) }),
    ),
    isUnitPrice: rule(PLACE_ORDER, 'lines[0].unit_price.amount_minor', (amountMinor: bigint) =>
      PlaceOrderRequest.fromPartial({ lines: [{ unitPrice: { currencyCode: CURRENCY, amountMinor } }] }),
    ),
    isQuantity: rule(PLACE_ORDER, 'lines[0].quantity', (quantity: bigint) =>
      PlaceOrderRequest.fromPartial({ lines: [{ quantity }] }),
    ),
  };
}

/** The rule of one field of a request, whatever the other fields hold. */
function rule<Value>(path: string, field: string, requestOf: (value: Value) => object) {
  const known = new Map<Value, boolean>();
  return (value: Value): boolean => {
    const answered =
      known.get(value) ?? validateRequest(path, requestOf(value)).every((v) => v.field !== field);
    known.set(value, answered);
    return answered;
  };
}
