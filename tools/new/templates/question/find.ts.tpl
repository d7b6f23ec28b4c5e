import { partitionKey, type Positions } from '@meridian/contracts';
import { shardOf } from '@meridian/kernel';
import { {{readers}}isThere, type Reader, type Row } from '@meridian/projection';
import { {{table}} } from '{{tableFile}}';

/** A row of {{subject}}, as questions show it. */
export interface {{Subject}}Row {
  readonly {{id}}: string;
{{members}}
  /** The events that it includes, by partition: the last of them. */
  readonly includes: Positions;
}

/** One row by its id; undefined when this region does not know it, or only a part of it. */
export async function find{{Subject}}(reader: Reader, {{id}}: string): Promise<{{Subject}}Row | undefined> {
  const [row] = await reader.select({{table}}, '*', 'WHERE {{where}} LIMIT 1', [{{params}}]);
  return isThere(row, {{needed}}) ? to{{Subject}}({{id}}, row) : undefined;
}

function to{{Subject}}({{id}}: string, row: Row): {{Subject}}Row {
  return {
    {{id}},
{{cells}}
    includes: new Map([[partitionKey('{{context}}', shardOf({{id}})), bigint(row, 'position')]]),
  };
}
