import { field } from '@meridian/service-host';
import { z } from 'zod';

/** A region that stands in for another, and nodes of its data centre. */
export interface Fallback {
  readonly region: string;
  readonly contactPoints: readonly string[];
}

const entry = z.tuple([field.region(), field.hostPortList()]);

/** Regions that stand in, in the order in which they are asked: `us-east=host:port+host:port,ap-south=host:port`; none by default. */
export function fallbacks() {
  return z
    .string()
    .default('')
    .transform((value, context): readonly Fallback[] => {
      const found: Fallback[] = [];
      for (const part of value.split(',').filter(Boolean)) {
        const [region = '', nodes = ''] = part.split('=');
        const parsed = entry.safeParse([region.trim(), nodes.replaceAll('+', ',')]);
        if (parsed.success) found.push({ region: parsed.data[0], contactPoints: parsed.data[1] });
        else
          context.addIssue({
            code: 'custom',
            message: 'must be regions with nodes, such as us-east=host:9042+host:9042',
          });
      }
      if (new Set(found.map(({ region }) => region)).size !== found.length)
        context.addIssue({ code: 'custom', message: 'must name no region twice' });
      return found;
    });
}
