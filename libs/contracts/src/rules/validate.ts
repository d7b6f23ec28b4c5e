import type { z } from 'zod';
import type { commandServices, queryServices } from '../generated/index.ts';
import { catalogRules } from './catalog.ts';
import { customersRules } from './customers.ts';
import { inventoryRules } from './inventory.ts';
import { journalRules } from './journal.ts';
import { ordersRules } from './orders.ts';
import { salesRules } from './sales.ts';

type Rules = Readonly<Record<string, z.ZodType>>;

/** The rules of each package of the contract: a service without them does not compile. */
const RULES: Readonly<Record<keyof typeof commandServices | keyof typeof queryServices, Rules>> = {
  catalog: catalogRules,
  customers: customersRules,
  inventory: inventoryRules,
  orders: ordersRules,
  sales: salesRules,
};

/** The rule of every request, by the path of its method: `/meridian.catalog.v1.CatalogCommandService/CreateProduct`. */
export const requestRules: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>(
  [...Object.values(RULES), journalRules].flatMap((rules: Rules) => Object.entries(rules)),
);

/** A field that breaks its rule. */
export interface RuleViolation {
  /** The path in proto names: `lines[0].quantity`; empty for the request as a whole. */
  readonly field: string;
  /** The rule, in words. */
  readonly description: string;
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((parent, step) => {
    if (typeof step === 'number') return `${parent}[${step}]`;
    return `${parent}${parent ? '.' : ''}${snakeCase(String(step))}`;
  }, '');
}

function violationsOf(issue: z.core.$ZodIssue): RuleViolation[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: fieldPath([...issue.path, key]), description: 'is not known' }));
  return [{ field: fieldPath(issue.path), description: issue.message }];
}

/** What the rules say of a request. */
export interface CheckedRequest<Request> {
  /** The fields that break their rules; none when the request is valid. */
  readonly violations: RuleViolation[];
  /** The request in the one form in which it is carried out: its texts trimmed and in NFC. As it came when it is not valid. */
  readonly request: Request;
}

/**
 * Checks a request, which is a decoded message, and writes its texts in their one form. Whatever keeps, compares or fingerprints a
 * request takes it from here, so that a text that is typed in two ways is one. Throws when the path has no rule, which is a mistake of
 * ours and not the caller's.
 */
export function checkRequest<Request>(path: string, request: Request): CheckedRequest<Request> {
  const rule = requestRules.get(path);
  if (!rule) throw new Error(`no rule for the requests of ${path}`);
  const result = rule.safeParse(request);
  if (!result.success) return { violations: result.error.issues.flatMap(violationsOf), request };
  return { violations: [], request: Object.assign({}, request, result.data) };
}

/** Says which fields of a request break their rules; nothing when it is valid. Throws as `checkRequest` does. */
export function validateRequest(path: string, request: unknown): RuleViolation[] {
  return checkRequest(path, request).violations;
}
