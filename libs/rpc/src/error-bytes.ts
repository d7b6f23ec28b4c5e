import { ServerError } from 'nice-grpc';
import { BadRequest, ErrorInfo, PreconditionFailure } from 'nice-grpc-error-details';
import type { Violation } from '@meridian/kernel';

/** A field of a request that breaks its rule, as google.rpc.BadRequest has it. */
export interface FieldViolation {
  /** The path in proto names, such as `lines[0].quantity`; empty for the request as a whole. */
  readonly field: string;
  /** What the rule is, in words. */
  readonly description: string;
}

/**
 * What the trailers of an error may take, counted as HTTP/2 counts: name, value and 32 bytes each. Stock clients allow 8 KiB for all
 * metadata of an answer; grpc-js sends about 300 bytes of its own, and a proxy may add some.
 */
export const MAX_ERROR_BYTES = 6 * 1024;

const MAX_NAMED = 100;
const MAX_MESSAGE_BYTES = 1_200;
/** Of a violation's or an ErrorInfo's texts, each, in UTF-8: two of them together always fit. */
const MAX_TEXT_BYTES = 400;
/** The names and lengths of the three trailers, the status code and base64's padding. */
const TRAILER_BYTES =
  3 * 32 + 'grpc-status'.length + 'grpc-message'.length + 'grpc-status-details-bin'.length + 6;
/** google.rpc.Status around its details: type URLs, tags and lengths. */
const WRAPPING_BYTES = 240;
const ELLIPSIS = '…';

const utf8 = (text: string): number => Buffer.byteLength(text);
/** As grpc-message travels: percent-encoded. */
const encoded = (text: string): number => encodeURI(text).length;

/** The longest start of a text, by whole characters, that measures no more than `max`; with an ellipsis where it was cut. */
function cut(text: string, max: number, measure: (part: string) => number): string {
  const whole = text.toWellFormed();
  // No character measures less than one: what is behind the first `max` units is not looked at.
  if (whole.length <= max && measure(whole) <= max) return whole;
  let room = max - measure(ELLIPSIS);
  let kept = '';
  for (const character of whole.slice(0, max).toWellFormed()) {
    room -= measure(character);
    if (room < 0) break;
    kept += character;
  }
  return kept + ELLIPSIS;
}

/** A message as callers get it: 1,200 bytes at most as it travels. A lone surrogate, which would end the process, is replaced. */
export function fittingMessage(message: string): string {
  return cut(message, MAX_MESSAGE_BYTES, encoded);
}

/** The same error when its message fits; else one with a shorter message. */
export function withFittingMessage(error: ServerError): ServerError {
  const message = fittingMessage(error.details);
  return message === error.details ? error : new ServerError(error.code, message);
}

const fittingText = (text: string): string => cut(text, MAX_TEXT_BYTES, utf8);

/** What an error says besides its message. */
export interface ErrorContents {
  readonly info: {
    readonly reason: string;
    readonly domain: string;
    readonly metadata: Readonly<Record<string, string>>;
  };
  readonly unmet?: readonly Violation[];
  readonly fields?: readonly FieldViolation[];
}

/** As much of it as fits beside the message. */
export interface FittingContents {
  readonly info: ErrorInfo;
  readonly unmet: readonly Violation[];
  readonly fields: readonly FieldViolation[];
}

/**
 * Keeps an error within MAX_ERROR_BYTES whatever the error names. Texts are cut at 400 bytes; then metadata and
 * violations are taken in their order until there is no room. `violations_total` in the metadata says how many
 * violations there are in all. If entries of the metadata had to be left out, `entries_total` says how many there
 * were.
 */
export function fittingContents(message: string, contents: ErrorContents): FittingContents {
  const { info, unmet = [], fields = [] } = contents;
  const total = unmet.length + fields.length;
  const room = createRoom(message);
  const entries = Object.entries(info.metadata).map(
    ([key, value]) => [fittingText(key), fittingText(value)] as const,
  );
  const named = ErrorInfo.fromPartial({
    reason: fittingText(info.reason),
    domain: info.domain,
    metadata: total > 0 ? { violations_total: String(total) } : {},
  });
  room.take(ErrorInfo.encode(named).finish().length + entryBytes('entries_total', String(entries.length)));
  const kept = room.first(entries, ([key, value]) => entryBytes(key, value));
  Object.assign(named.metadata, Object.fromEntries(kept));
  if (kept.length < entries.length) named.metadata['entries_total'] = String(entries.length);
  return {
    info: named,
    unmet: room.first(
      unmet.slice(0, MAX_NAMED).map(fittingViolation),
      (one) =>
        PreconditionFailure.encode(PreconditionFailure.fromPartial({ violations: [one] })).finish().length,
    ),
    fields: room.first(
      fields.slice(0, MAX_NAMED).map(fittingField),
      (one) => BadRequest.encode(BadRequest.fromPartial({ fieldViolations: [one] })).finish().length,
    ),
  };
}

const entryBytes = (key: string, value: string): number =>
  ErrorInfo.encode(ErrorInfo.fromPartial({ metadata: { [key]: value } })).finish().length;

const fittingViolation = ({ type, subject, description }: Violation): Violation => ({
  type: fittingText(type),
  subject: fittingText(subject),
  description: fittingText(description),
});

const fittingField = ({ field, description }: FieldViolation): FieldViolation => ({
  field: fittingText(field),
  description: fittingText(description),
});

/** The bytes of google.rpc.Status that are left beside a message, which travels twice: in its own trailer, and in base64 in the details. */
function createRoom(message: string) {
  const base64 = MAX_ERROR_BYTES - TRAILER_BYTES - encoded(message);
  let left = Math.floor((base64 * 3) / 4) - utf8(message) - WRAPPING_BYTES;
  return {
    take: (bytes: number): void => void (left -= bytes),
    /** The first of a list, as many as fit. */
    first<T>(all: readonly T[], bytesOf: (one: T) => number): readonly T[] {
      const end = all.findIndex((one) => (left -= bytesOf(one)) < 0);
      if (end >= 0) left = 0;
      return end < 0 ? all : all.slice(0, end);
    },
  };
}
