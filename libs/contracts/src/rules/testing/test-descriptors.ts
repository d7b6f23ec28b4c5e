import { create, createFileRegistry, fromBinary, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { descriptorSet } from '../../generated/descriptor-set.ts';

const registry = createFileRegistry(
  create(FileDescriptorSetSchema, fromBinary(FileDescriptorSetSchema, descriptorSet)),
);

/** A method's path, and the type of its request. */
export interface RequestType {
  readonly path: string;
  readonly type: DescMessage;
}

/** Every method of every service in proto/, with the type of its request. */
export const requestTypes: readonly RequestType[] = [...registry].flatMap((entry) =>
  entry.kind === 'service'
    ? entry.methods.map((method) => ({ path: `/${entry.typeName}/${method.name}`, type: method.input }))
    : [],
);

/** What a field holds, as far as rules care: a message with fields of its own, or a single value. */
export function messageIn(field: DescField): DescMessage | undefined {
  const message = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
  return message?.typeName.startsWith('meridian.') ? message : undefined;
}

/** The kind of single value a field holds. */
export type Kind = 'text' | 'int64' | 'uint64' | 'uint32' | 'enum' | 'instant';

const SCALARS = new Map<number | undefined, Kind>([
  [9, 'text'],
  [3, 'int64'],
  [4, 'uint64'],
  [13, 'uint32'],
]);

/** The kind of a field's values. Throws for one that these tests do not know: teach them. */
export function kindOf(field: DescField): Kind {
  if (field.message?.typeName === 'google.protobuf.Timestamp') return 'instant';
  if (field.enum) return 'enum';
  const kind = field.fieldKind === 'map' ? undefined : SCALARS.get(field.scalar);
  if (!kind) throw new Error(`no garbage is known for ${String(field)}`);
  return kind;
}
