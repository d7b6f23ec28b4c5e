import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { ServiceImplementation } from 'nice-grpc';
import { HealthDefinition } from 'nice-grpc-server-health';
import { ServerReflection, ServerReflectionService } from 'nice-grpc-server-reflection';
import { standardDescriptors } from './standard-descriptors.ts';

const { serverReflectionInfo } = ServerReflectionService;

/** The fields of ServerReflectionRequest that are texts: host, and what is asked for. */
const TEXTS: readonly number[] = [1, 3, 4, 6, 7];
const FILE_CONTAINING_EXTENSION = 5;
const [EXTENDED_TYPE, EXTENSION_NUMBER] = [1, 2];

/**
 * A request as a writer would have made it: its fields, without any that are not known. The library's own decoder (google-protobuf)
 * reads on beyond the end of a message whose field is longer. Eight bytes took half a minute of a core. Throws RangeError for
 * such a message.
 */
function rewritten(request: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  forEachField(request, (field, type, reader) => {
    if (type !== WireType.LengthDelimited) return false;
    if (TEXTS.includes(field)) writer.tag(field, type).string(reader.string());
    else if (field === FILE_CONTAINING_EXTENSION)
      writer.tag(field, type).bytes(rewrittenExtension(reader.bytes()));
    else return false;
    return true;
  });
  return writer.finish();
}

function rewrittenExtension(extension: Uint8Array): Uint8Array {
  const writer = new BinaryWriter();
  forEachField(extension, (field, type, reader) => {
    if (field === EXTENDED_TYPE && type === WireType.LengthDelimited)
      writer.tag(field, type).string(reader.string());
    else if (field === EXTENSION_NUMBER && type === WireType.Varint)
      writer.tag(field, type).int32(reader.int32());
    else return false;
    return true;
  });
  return writer.finish();
}

/** Reads a message field by field. `take` says whether it has read the field; otherwise the field is passed over. */
function forEachField(
  message: Uint8Array,
  take: (field: number, type: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (!take(field, type, reader)) reader.skip(type, field);
  }
}

/** The method of reflection, whose requests are read with care. */
export const REFLECTION_METHOD: typeof serverReflectionInfo = {
  ...serverReflectionInfo,
  requestDeserialize: (bytes) => serverReflectionInfo.requestDeserialize(Buffer.from(rewritten(bytes))),
};
const V1 = { ...ServerReflectionService, serverReflectionInfo: REFLECTION_METHOD };
const V1ALPHA = {
  serverReflectionInfo: {
    ...REFLECTION_METHOD,
    path: '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
  },
};

/** A definition of reflection, whatever its path is. */
type ReflectionDefinition = typeof V1 | typeof V1ALPHA;

/** Takes reflection under one of its names. */
export interface ReflectionRegistry {
  add(
    definition: ReflectionDefinition,
    implementation: ServiceImplementation<typeof ServerReflectionService>,
  ): unknown;
}

/**
 * Adds reflection over a binary FileDescriptorSet, under both of its names, grpc.reflection.v1 and v1alpha. Older tools
 * only ask for v1alpha (evans, grpcui 1.4, grpcurl before 1.8.8). The messages of both are the same on the wire.
 * Reflection lists `names` and health.
 */
export function addReflection(
  server: ReflectionRegistry,
  descriptorSet: Uint8Array,
  names: readonly string[],
): void {
  // Descriptor sets are joined by joining their bytes: each is one repeated field.
  const joined = Uint8Array.from([...descriptorSet, ...standardDescriptors]);
  const reflection = ServerReflection(joined, [...names, HealthDefinition.fullName]);
  server.add(V1, reflection);
  server.add(V1ALPHA, reflection);
}
