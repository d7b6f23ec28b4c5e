import { shardOf } from '@meridian/kernel';
import type { Violation } from '../system/violation.ts';
import type { Look, ProductShown, Recorded } from './history.ts';
import { at, honoured, lastNamed, unnamed, untrue } from './verdicts.ts';

/** A product was once as it was shown: it had the price that its last event until then had given it. */
export function* checkProduct(
  { required, named }: Look,
  { productId, shown }: { readonly productId: string; readonly shown: ProductShown | undefined },
  events: readonly Recorded[],
): Iterable<Violation> {
  const shard = shardOf(productId);
  const version = shown?.version ?? 0n;
  const owed = lastNamed(events, at(required, 'catalog', shard));
  if (owed && version < owed.version)
    yield honoured(`product ${productId} was shown at v${version}, v${owed.version} was owed`);
  if (!shown) return;
  const state = events[Number(version) - 1];
  const price = events.slice(0, Number(version)).findLast(({ event }) => priceIn(event) !== undefined);
  if (!state || !price || priceIn(price.event) !== shown.priceMinor)
    yield untrue(`product ${productId} v${version} never cost ${shown.priceMinor}`);
  else if (at(named, 'catalog', shard) < state.position) yield unnamed(`product ${productId} v${version}`);
}

function priceIn(event: Recorded['event']): bigint | undefined {
  if (event.type === 'ProductCreated') return event.data.price?.amountMinor;
  return event.type === 'PriceChanged' ? event.data.newPrice?.amountMinor : undefined;
}
