import { PlaceOrderRequest, PlaceOrderResponse, type OrderLineRequest } from '@meridian/contracts';
import { productDiscontinued, productNotFound, type Product } from '@meridian/domain-catalog';
import { customerErased, customerNotFound } from '@meridian/domain-customers';
import { available, reserveStock, shortage } from '@meridian/domain-inventory';
import { orderExists, placeOrder, sumOf } from '@meridian/domain-orders';
import { businessDay, countryName, newId, refuse, type Clock, type Refusal } from '@meridian/kernel';
import type { CommandDecision, WorkingCopy } from '@meridian/write-store';
import { given, type UseCase } from '../../use-case.ts';

/** Places an order and reserves its stock: the one place where orders, customers, catalogue and inventory meet. */
export function placeOrderUseCase(
  clock: Clock,
  timeZone: string,
): UseCase<PlaceOrderRequest, PlaceOrderResponse> {
  return {
    name: 'PlaceOrder',
    request: PlaceOrderRequest,
    answer: PlaceOrderResponse,
    prepare(request) {
      const orderId = request.orderId || newId();
      const placedAt = request.placedAt ?? clock();
      const productIds = [...new Set(request.lines.map((line) => line.productId))];
      return {
        locks: [
          { type: 'customer', id: request.customerId },
          ...productIds.flatMap((id) => [{ type: 'product', id } as const, { type: 'stock', id } as const]),
          { type: 'order', id: orderId },
        ],
        decide: (copy) =>
          decide(copy, { ...request, orderId, placedAt, placedOn: businessDay(placedAt, timeZone) }),
      };
    },
  };
}

type Placing = PlaceOrderRequest & { readonly placedAt: Date; readonly placedOn: string };

function decide(copy: WorkingCopy, request: Placing): CommandDecision {
  const { orderId, customerId, placedAt, placedOn } = request;
  const { state: existing } = copy.read('order', orderId);
  // Before all else: whoever repeats an order learns that it is there, whatever became of its customer and products since.
  if (existing) return orderExists(orderId);
  const { state: customer } = copy.read('customer', customerId);
  if (!customer) return customerNotFound(customerId);
  if (customer.erased) return customerErased(customerId);
  const products = new Map<string, Product>();
  for (const { productId } of request.lines) {
    const { state: product } = copy.read('product', productId);
    if (!product) return productNotFound(productId);
    if (product.discontinued) return productDiscontinued(productId);
    products.set(productId, product);
  }
  const lines = request.lines.map((line) => priced(line, given(products.get(line.productId))));
  // A customer may have been registered before countries had one name; sales by country add up all the same.
  const country = countryName(customer.country) ?? customer.country;
  const decision = placeOrder(existing, {
    orderId,
    customerId,
    country,
    placedAt,
    placedOn,
    lines,
  });
  if (!decision.accepted) return decision;
  const refusal = reserve(copy, orderId, lines);
  if (refusal) return { accepted: false, refusal };
  const version = copy.record('order', orderId, decision.events);
  const total = { currencyCode: given(lines[0]).currencyCode, amountMinor: sumOf(lines) };
  const answer = PlaceOrderResponse.encode({ receipt: undefined, total }).finish();
  return { accepted: true, aggregateId: orderId, version, answer };
}

/** The agreed price where the line names one, else the catalogue's. */
function priced({ productId, quantity, unitPrice }: OrderLineRequest, product: Product) {
  const { currencyCode, amountMinor: unitPriceMinor } = unitPrice ?? product.price;
  return { productId, productName: product.name, quantity, unitPriceMinor, currencyCode };
}

/** Reserves all lines, a product at a time; when several are short, the refusal names every one of them. */
function reserve(
  copy: WorkingCopy,
  orderId: string,
  lines: readonly { readonly productId: string; readonly quantity: bigint }[],
): Refusal | undefined {
  const needed = new Map<string, bigint>();
  for (const { productId, quantity } of lines)
    needed.set(productId, (needed.get(productId) ?? 0n) + quantity);
  const short = [...needed].flatMap(([productId, quantity]) => {
    const left = available(copy.read('stock', productId).state);
    return left < quantity ? [shortage(productId, quantity, left)] : [];
  });
  if (short.length > 0) {
    const message = short.map(({ description }) => description).join('; ');
    return refuse('failed-precondition', 'INSUFFICIENT_STOCK', message, short).refusal;
  }
  for (const [productId, quantity] of needed) {
    const decision = reserveStock(copy.read('stock', productId).state, { productId, orderId, quantity });
    if (!decision.accepted) return decision.refusal;
    copy.record('stock', productId, decision.events);
  }
  return undefined;
}
