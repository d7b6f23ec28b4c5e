import { insertAfter } from './insert.ts';
import type { Name } from './names.ts';
import type { Plan } from './plan.ts';

const TABLE = 'libs/access/src/table.ts';

/** A service of the contract, as the access table names it: `CatalogQueryServiceDefinition`. */
type ServiceName = `${string}ServiceDefinition`;

/** Plans the place of a new service in the access table, for the methods that follow. */
export function planServiceAccess(plan: Plan, service: ServiceName): void {
  plan.edit(TABLE, (text) =>
    insertAfter(text, /export const ACCESS_TABLE = \{/, /\n\} as const satisfies/, `\n  ${service}: {\n  },`),
  );
}

/** Plans who may call a new method: the operator and nobody else, with a mark, so that a person decides. */
export function planMethodAccess(plan: Plan, service: ServiceName, { camel, pascal }: Name): void {
  const entry = [
    `// TODO(new): who may call ${pascal}, and whether customers may about their own data. Now it is the operator alone.`,
    `${camel}: staffOnly('operator'),`,
  ];
  plan.edit(TABLE, (text) =>
    insertAfter(
      text,
      new RegExp(`\\n  ${service}: \\{`),
      /\n {2}\},/,
      entry.map((line) => `\n    ${line}`).join(''),
    ),
  );
  plan.todo(`${TABLE}: who may call ${pascal}; then its row in libs/access/src/matrix.test.ts`);
}
