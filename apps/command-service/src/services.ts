import {
  CatalogCommandServiceDefinition,
  CustomersCommandServiceDefinition,
  ErasureServiceDefinition,
  InventoryCommandServiceDefinition,
  JournalServiceDefinition,
  OrdersCommandServiceDefinition,
  type JournalServiceImplementation,
} from '@meridian/contracts';
import type { Clock } from '@meridian/kernel';
import type { MysqlPool } from '@meridian/mysql';
import type { ServiceRegistry } from '@meridian/rpc';
import type { Erasures, KeyStore } from '@meridian/sealing';
import { changePriceUseCase } from './commands/catalog/change-price.ts';
import { createProductUseCase } from './commands/catalog/create-product.ts';
import { discontinueProductUseCase } from './commands/catalog/discontinue-product.ts';
import { eraseCustomerUseCase } from './commands/customers/erase-customer.ts';
import { registerCustomerUseCase } from './commands/customers/register-customer.ts';
import { updateCustomerUseCase } from './commands/customers/update-customer.ts';
import { adjustStockUseCase } from './commands/inventory/adjust-stock.ts';
import { receiveStockUseCase } from './commands/inventory/receive-stock.ts';
import { cancelOrderUseCase } from './commands/orders/cancel-order.ts';
import { deliverOrderUseCase } from './commands/orders/deliver-order.ts';
import { productsOfOrder } from './commands/orders/order-stock.ts';
import { payOrderUseCase } from './commands/orders/pay-order.ts';
import { placeOrderUseCase } from './commands/orders/place-order.ts';
import { returnItemsUseCase } from './commands/orders/return-items.ts';
import { shipOrderUseCase } from './commands/orders/ship-order.ts';
import { ofOwnOrder } from './own-order.ts';
import { createErasureService } from './operations/erasure-service.ts';
import type { CommandRunner, Method } from './run-command.ts';
import type { UseCase } from './use-case.ts';

/** What the commands need beside the runner. */
export interface ServiceParts {
  readonly runner: CommandRunner;
  readonly pool: MysqlPool;
  readonly keys: KeyStore;
  readonly erasures: Erasures;
  readonly clock: Clock;
  readonly timeZone: string;
  readonly journal: JournalServiceImplementation;
  /** Told after a customer was registered or erased: there may be keys to copy. */
  onKeysChanged(): void;
}

/** Adds all commands to a server: each method is one use case. Adds what operators ask of the write side, too. */
export function registerServices(server: ServiceRegistry, parts: ServiceParts): void {
  const { runner, keys, clock, timeZone } = parts;
  const productsOf = productsOfOrder(parts.pool);

  const handle = runner.method;

  /** A command about an order that is there: whoever may work with own data only has to be its customer. */
  function handleOrder<Request extends { readonly requestId: string; readonly orderId: string }, Answer>(
    useCase: UseCase<Request, Answer>,
  ): Method<Request, Answer> {
    return (request, context) => {
      const customerId = context.admitted?.own?.customerId;
      return runner.run(
        customerId === undefined ? useCase : ofOwnOrder(useCase, customerId),
        request,
        context,
      );
    };
  }
  const register = handle(registerCustomerUseCase(keys, clock));
  const erase = handle(eraseCustomerUseCase(keys));

  server.add(CatalogCommandServiceDefinition, {
    createProduct: handle(createProductUseCase),
    changePrice: handle(changePriceUseCase),
    discontinueProduct: handle(discontinueProductUseCase),
  });
  server.add(InventoryCommandServiceDefinition, {
    receiveStock: handle(receiveStockUseCase),
    adjustStock: handle(adjustStockUseCase),
  });
  server.add(CustomersCommandServiceDefinition, {
    async registerCustomer(request, context) {
      const answer = await register(request, context);
      parts.onKeysChanged();
      return answer;
    },
    updateCustomer: handle(updateCustomerUseCase(keys)),
    async eraseCustomer(request, context) {
      const answer = await erase(request, context);
      parts.onKeysChanged();
      return answer;
    },
  });
  server.add(OrdersCommandServiceDefinition, {
    placeOrder: handle(placeOrderUseCase(clock, timeZone)),
    payOrder: handleOrder(payOrderUseCase(clock)),
    shipOrder: handleOrder(shipOrderUseCase(clock, productsOf)),
    deliverOrder: handleOrder(deliverOrderUseCase(clock)),
    cancelOrder: handleOrder(cancelOrderUseCase(clock, timeZone, productsOf)),
    returnItems: handleOrder(returnItemsUseCase(clock, timeZone, productsOf)),
  });
  server.add(ErasureServiceDefinition, createErasureService(parts.erasures));
  server.add(JournalServiceDefinition, parts.journal);
}
