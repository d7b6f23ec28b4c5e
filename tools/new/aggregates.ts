import {
  AGGREGATE_TYPES,
  CONTEXTS,
  contextOfAggregate,
  isAggregateType,
  type ContextName,
} from '@meridian/contracts';
import { camelOf, wordOf, type Name } from './names.ts';
import { NewProblem } from './problem.ts';

/** A kind of aggregate as the generators write about it. */
export interface Aggregate {
  readonly type: string;
  readonly name: Name;
  readonly context: Name & { readonly camel: ContextName };
  /** The field of messages that holds its id, and the same in code. */
  readonly idField: string;
  readonly id: string;
}

/** A context that exists. Throws NewProblem for any other. */
export function contextNamed(name: string | undefined): Aggregate['context'] {
  const context = CONTEXTS.find((known) => known === name);
  if (context === undefined)
    throw new NewProblem(`--context must be one of ${CONTEXTS.join(', ')}; it is ${name ?? 'not given'}`);
  return { ...wordOf(context), camel: context };
}

/** The aggregate that an option names. Throws NewProblem for one that does not exist. */
export function aggregateOf(type: string | undefined): Aggregate {
  if (type === undefined || !isAggregateType(type))
    throw new NewProblem(
      `--aggregate must be one of ${AGGREGATE_TYPES.join(', ')}; it is ${type ?? 'not given'}`,
    );
  const context = contextNamed(contextOfAggregate(type));
  // A stock has the id of its product.
  const idField = type === 'stock' ? 'product_id' : `${type}_id`;
  return { type, name: wordOf(type), context, idField, id: camelOf(idField) };
}
