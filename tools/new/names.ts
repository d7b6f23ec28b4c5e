import { NewProblem } from './problem.ts';

const KEBAB = /^[a-z][a-z0-9]*(?:-[a-z][a-z0-9]*)*$/;
const PASCAL = /^(?:[A-Z][a-z0-9]*)+$/;
const ONE_WORD = /^[a-z][a-z0-9]*$/;
const LONGEST = 40;

/** Words that are no names in TypeScript, in SQL or in CQL. */
const RESERVED = new Set(
  (
    'abstract await boolean break case catch class const continue default delete do else enum export extends false final ' +
    'finally for from function group if import in index instanceof interface let new null number operations common order_by ' +
    'package private protected public registry request return select set static string super switch table this throw token true try ' +
    'type typeof undefined var void where while with yield'
  ).split(' '),
);

/** One name in the forms in which code, files and contracts write it. */
export interface Name {
  /** `get-price` */
  readonly kebab: string;
  /** `GetPrice` */
  readonly pascal: string;
  /** `getPrice` */
  readonly camel: string;
  /** `get_price` */
  readonly snake: string;
  /** `GET_PRICE` */
  readonly upper: string;
}

const capitalised = (word: string): string => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`;

function formsOf(words: readonly string[]): Name {
  const pascal = words.map(capitalised).join('');
  return {
    kebab: words.join('-'),
    pascal,
    camel: `${pascal.slice(0, 1).toLowerCase()}${pascal.slice(1)}`,
    snake: words.join('_'),
    upper: words.join('_').toUpperCase(),
  };
}

function checked(name: string, forms: Name): Name {
  if (name.length > LONGEST) throw new NewProblem(`"${name}" is longer than ${LONGEST} characters`);
  if (RESERVED.has(forms.snake)) throw new NewProblem(`"${name}" is a reserved word: take another name`);
  return forms;
}

/** The forms of a name of several words: `get-price` or `GetPrice`. Throws NewProblem for anything else. */
export function nameOf(name: string): Name {
  if (KEBAB.test(name)) return checked(name, formsOf(name.split('-')));
  if (PASCAL.test(name))
    return checked(name, formsOf((name.match(/[A-Z][a-z0-9]*/g) ?? []).map((word) => word.toLowerCase())));
  throw new NewProblem(`"${name}" is no name: write it as get-price or as GetPrice`);
}

/** The forms of a name of one word, as packages of the contract and tables have it. Throws NewProblem for anything else. */
export function wordOf(name: string): Name {
  if (!ONE_WORD.test(name))
    throw new NewProblem(
      `"${name}" is no name: write one word in lower-case letters and digits, a letter first`,
    );
  return checked(name, formsOf([name]));
}

/** The camel-case form of a column or a field: `product_id` is `productId`. */
export function camelOf(column: string): string {
  return column.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
