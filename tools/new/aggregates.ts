import {
  AGGREGATE_TYPES,
  contextOfAggregate,
  isAggregateType,
  type AggregateType,
  type ContextName,
} from '@meridian/contracts';
import { camelOf, wordOf, type Name } from './names.ts';
import { NewProblem } from './problem.ts';

/** A kind of aggregate as the generators write about it. */
export interface Aggregate {
  readonly type: AggregateType;
  readonly name: Name;
  readonly context: Name & { readonly camel: ContextName };
  /** The field of messages that holds its id, and the same in code. */
  readonly idField: string;
  readonly id: string;
}

/** The aggregate that an option names. Throws NewProblem for one that does not exist. */
export function aggregateOf(type: string | undefined): Aggregate {
  if (type === undefined || !isAggregateType(type))
    throw new NewProblem(
      `--aggregate must be one of ${AGGREGATE_TYPES.join(', ')}; it is ${type ?? 'not given'}`,
    );
  const context = contextOfAggregate(type);
  // A stock has the id of its product.
  const idField = type === 'stock' ? 'product_id' : `${type}_id`;
  return {
    type,
    name: wordOf(type),
    context: { ...wordOf(context), camel: context },
    idField,
    id: camelOf(idField),
  };
}
