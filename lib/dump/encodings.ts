/**
 * PostgreSQL's names of encodings, and the names in the Encoding Standard. For an encoding that is not here, the person
 * needs `pg_dump --encoding=UTF8`.
 *
 * @see https://www.postgresql.org/docs/current/multibyte.html
 * @see https://encoding.spec.whatwg.org/#names-and-labels
 */
const LABELS: Readonly<Record<string, string>> = {
  ...{ EUC_JP: 'euc-jp', SJIS: 'shift_jis', EUC_KR: 'euc-kr', UHC: 'euc-kr', EUC_CN: 'gbk', GBK: 'gbk' },
  ...{
    GB18030: 'gb18030',
    BIG5: 'big5',
    KOI8R: 'koi8-r',
    KOI8U: 'koi8-u',
    WIN866: 'ibm866',
    WIN874: 'windows-874',
  },
  ...{ LATIN2: 'iso-8859-2', LATIN3: 'iso-8859-3', LATIN4: 'iso-8859-4', LATIN6: 'iso-8859-10' },
  ...{ LATIN7: 'iso-8859-13', LATIN8: 'iso-8859-14', LATIN9: 'iso-8859-15', LATIN10: 'iso-8859-16' },
  ...{
    ISO_8859_5: 'iso-8859-5',
    ISO_8859_6: 'iso-8859-6',
    ISO_8859_7: 'iso-8859-7',
    ISO_8859_8: 'iso-8859-8',
  },
  ...Object.fromEntries(
    ['1250', '1251', '1252', '1253', '1254', '1255', '1256', '1257', '1258'].map((page) => [
      `WIN${page}`,
      `windows-${page}`,
    ]),
  ),
};

/**
 * Whether makesafe can read text in this encoding.
 *
 * @param encoding PostgreSQL's name of it
 */
export const isReadable = (encoding: string): boolean =>
  /^(?:UTF8|SQL_ASCII|LATIN1)$/.test(encoding) || Object.hasOwn(LABELS, encoding);

/** A function that decodes text; undefined for UTF-8, for SQL_ASCII, and for an encoding that makesafe cannot read. */
export function decoderFor(encoding: string): ((bytes: Uint8Array) => string) | undefined {
  // In the Encoding Standard, latin1 means windows-1252.
  if (encoding === 'LATIN1') return (bytes) => Buffer.from(bytes).toString('latin1');
  if (!Object.hasOwn(LABELS, encoding)) return undefined;
  const decoder = new TextDecoder(LABELS[encoding]);
  return (bytes) => decoder.decode(bytes);
}

/** The decoder for an archive's text. @param definition of the archive's ENCODING entry */
export const decoderOf = (definition: string): typeof decode => {
  const other = decoderFor(/'(.*)'/.exec(definition)?.[1] ?? 'UTF8');
  return other ? (bytes, from, to) => other(bytes.subarray(from, to)) : decode;
};

/**
 * Decodes UTF-8. In a database with SQL_ASCII the bytes may not be UTF-8: then as latin1, so that different bytes still
 * give different text.
 */
export function decode(bytes: Buffer, from: number, to: number): string {
  const text = bytes.toString('utf8', from, to);
  if (!text.includes('\uFFFD') || Buffer.from(text).equals(bytes.subarray(from, to))) return text;
  return bytes.toString('latin1', from, to);
}
