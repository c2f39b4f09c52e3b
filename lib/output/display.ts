/** The command as a person would type it in a POSIX shell. Only for display: makesafe never runs this text. */
export function display({ file, args }: { readonly file: string; readonly args: readonly string[] }): string {
  return [file, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}

/** `812 bytes`, `39.5 kB`, `512.0 MB`, `2.1 GB`: powers of 1000, like `df -H`. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [divisor, unit] = bytes < 1e6 ? [1e3, 'kB'] : bytes < 1e9 ? [1e6, 'MB'] : [1e9, 'GB'];
  return `${(bytes / divisor).toFixed(1)} ${unit}`;
}

/** `1,200`, of a whole number. Not `toLocaleString`, which takes 15 ms the first time. */
export const grouped = (number: number): string => String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ',');

/** `1 object`, `1,200 objects` */
export const counted = (number: number, noun: string): string =>
  `${grouped(number)} ${noun}${number === 1 ? '' : 's'}`;
