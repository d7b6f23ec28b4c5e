// What a user of the package writes: compiled in an empty folder against the installed package, then run on several versions of Node.
import { createMeridianClient, gathered, refusalOf, type MeridianClient } from '@meridian/client';

const [commandAddress = '', homeAddress = '', otherAddress = '', prefix = ''] = process.argv.slice(2);

const connected = (queryAddress: string): MeridianClient =>
  createMeridianClient({ commandAddresses: [commandAddress], queryAddresses: [queryAddress] });

const home = connected(homeAddress);
const other = connected(otherAddress);
const id = (name: string): string => `${prefix}-${name}`;

try {
  await home.customers.registerCustomer({ customerId: id('ada'), name: 'Ada', country: 'France' });
  const price = { currencyCode: 'GBP', amountMinor: 250n };
  await home.catalog.createProduct({ productId: id('lamp'), name: 'Lamp', price });
  await home.inventory.receiveStock({ receiptId: id('goods'), productId: id('lamp'), quantity: 3 });
  const order = {
    orderId: id('order'),
    customerId: id('ada'),
    lines: [{ productId: id('lamp'), quantity: 2 }],
  };
  const { receipt } = await home.orders.placeOrder(order);
  other.see(home.token());
  const answers = [await home.orders.getOrder(order), await other.orders.getOrder(order)];
  const totals: (bigint | undefined)[] = answers.map((answer) => answer.order?.summary?.total?.amountMinor);
  const refused: unknown = await home.orders
    .placeOrder({ ...order, orderId: id('more') })
    .catch((error: unknown) => error);
  const version: bigint = receipt?.version ?? 0n;
  console.log(
    JSON.stringify({
      node: process.versions.node,
      version: String(version),
      totals: totals.map(String),
      refusal: refusalOf(refused)?.reason,
      helpers: typeof gathered,
    }),
  );
} finally {
  home.close();
  other.close();
}
