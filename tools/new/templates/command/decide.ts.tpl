import { {{names}} } from '@meridian/kernel';
import type { {{Aggregate}}, {{Aggregate}}Event } from './{{aggregate}}.ts';

/** TODO(new): what {{Name}} does. Refused for an unknown {{aggregate}}: {{AGGREGATE}}_NOT_FOUND. */
export function {{name}}(
  state: {{Aggregate}} | undefined,
  { {{id}} }: { readonly {{id}}: string },
): Decision<{{Aggregate}}Event> {
  if (!state) return refuse('not-found', '{{AGGREGATE}}_NOT_FOUND', `there is no {{aggregate}} ${ {{id}}}`);
  return {{decision}};
}
