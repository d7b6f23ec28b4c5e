import { aggregateTypeOf } from '@meridian/contracts';
import { defineTable, type Projection, write } from '@meridian/projection';

/** One row per {{aggregate}}, spread over buckets by shard, so that no partition grows without bound. */
export const {{name}} = defineTable({
  name: '{{name}}',
  partitionKey: { bucket: 'int' },
  clusteringKey: { {{idField}}: 'text' },
  // Every cell of a row has one owner, the {{aggregate}}.
  columns: { {{columns}}, version: 'bigint', position: 'bigint' },
});

/** Keeps the read model {{name}}. */
export const {{name}}Projection: Projection = {
  name: '{{name}}',
  version: 1,
  contexts: ['{{context}}'],
  tables: [{{name}}],
  project(event) {
    if (aggregateTypeOf(event.type) !== '{{aggregate}}') return [];
    const { version, position } = event;
    const key = { bucket: event.shard, {{idField}}: event.aggregateId };
    // TODO(new): what each event changes, with `switch (event.type)`.
    return [write({{name}}, key, { {{cells}}, version, position })];
  },
};
