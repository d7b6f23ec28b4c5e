const UTF8_MARK = [0xef, 0xbb, 0xbf];
/** UTF-8 characters of more than one byte, in bytes read as Latin-1. Text in Windows-1252 has hardly any. */
const UTF8_SEQUENCE = /([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})/;

/**
 * The lines of a file as text, without line ends and without a byte order mark. A line ends with LF or CRLF, or with
 * CR where the file has no LF. UTF-16 is recognised by its mark, or by the zero byte of its first character. In other
 * files each line is judged alone. A line is UTF-8 if it is valid UTF-8, else Windows-1252, except for sequences that
 * can only be UTF-8. So one stray byte spoils no name.
 */
export function decodeLines(bytes: Uint8Array): readonly string[] {
  const utf16 = utf16Of(bytes);
  if (utf16) return splitLines(new TextDecoder(utf16).decode(bytes));
  const unmarked = UTF8_MARK.every((byte, index) => bytes[index] === byte) ? bytes.subarray(3) : bytes;
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  // True of nearly all files: one decoding is much cheaper than one per line.
  const whole = attempt(utf8, unmarked);
  if (whole !== undefined) return splitLines(whole);
  const windows = new TextDecoder('windows-1252');
  const decode = (latin: string) => {
    const part = Buffer.from(latin, 'latin1');
    return attempt(utf8, part) ?? windows.decode(part);
  };
  // Latin-1 keeps every byte, so that the file can be split into lines before their encoding is known.
  return splitLines(Buffer.from(unmarked).toString('latin1')).map(
    (line) => attempt(utf8, Buffer.from(line, 'latin1')) ?? line.split(UTF8_SEQUENCE).map(decode).join(''),
  );
}

/** Which UTF-16 the bytes are, if any: a header starts with an ASCII character, one of whose two bytes is zero. */
function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le';
  if ((first === 0xfe && second === 0xff) || first === 0) return 'utf-16be';
  return undefined;
}

/** Undefined when the bytes are not of the decoder's encoding. */
function attempt(decoder: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function splitLines(text: string): string[] {
  return text.includes('\n') ? text.split(/\r?\n/) : text.split('\r');
}
