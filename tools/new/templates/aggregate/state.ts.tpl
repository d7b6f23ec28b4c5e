import type { EventOf } from '@meridian/contracts';
import { accept, refuse, type Decision } from '@meridian/kernel';

/** A {{aggregate}} as the rules see it. */
export interface {{Aggregate}} {
  readonly {{id}}: string;
}

/** The events of a {{aggregate}}. */
export type {{Aggregate}}Event = EventOf<'{{Aggregate}}Created'>;

/** Makes a {{aggregate}}. Refused when its id is taken: {{AGGREGATE}}_EXISTS. */
export function create{{Aggregate}}(
  state: {{Aggregate}} | undefined,
  { {{id}} }: { readonly {{id}}: string },
): Decision<{{Aggregate}}Event> {
  if (state) return refuse('already-exists', '{{AGGREGATE}}_EXISTS', `{{aggregate}} ${ {{id}}} exists already`);
  return accept({ type: '{{Aggregate}}Created', data: { {{id}} } });
}

/** The {{aggregate}} after one of its events. Throws when the event cannot follow the state: the journal would be broken. */
export function evolve{{Aggregate}}(state: {{Aggregate}} | undefined, event: {{Aggregate}}Event): {{Aggregate}} {
  // TODO(new): what a {{aggregate}} is made of.
  const { {{id}} } = event.data;
  if (state) throw new Error(`${event.type} cannot follow for {{aggregate}} ${ {{id}}}`);
  return { {{id}} };
}
