/** What changed, in a few words on one line. */

export const labelled = (label: string, text: string): string =>
  [label, shorten(text)].filter(Boolean).join(' ');
export const onlyIn = (what: string, side: string): string => `${what} only in ${side}`;

const LONGEST = 120;

export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}

/** Two texts as one change; of long ones, the part that differs. */
export function excerpt(a: string, b: string): string {
  const [one, other] = [a, b].map((text) => text.replaceAll(/\s+/g, ' ').trim()) as [string, string];
  if (one === other) return 'differs in white space or spelling';
  if (one.length + other.length <= LONGEST) return `${one || '(none)'} → ${other || '(none)'}`;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  const room = Math.min(one.length, other.length) - start;
  while (end < room && one.at(-1 - end) === other.at(-1 - end)) end += 1;
  // Whole words, and one before.
  start = Math.max(0, one.lastIndexOf(' ', Math.max(0, start - 2)));
  const cut = (text: string): string => {
    const behind = text.indexOf(' ', text.length - end);
    const part = text.slice(start, behind < 0 ? text.length : behind).trim();
    return `${start > 0 ? '… ' : ''}${shorten(part) || '(nothing)'}${behind < 0 ? '' : ' …'}`;
  };
  return `${cut(one)} → ${cut(other)}`;
}
