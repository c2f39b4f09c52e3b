import { toldApart } from './look-alike.ts';

/** A change in a few words, on one line. */

export const labelled = (label: string, text: string): string =>
  [label, shorten(text)].filter(Boolean).join(' ');
export const onlyIn = (what: string, side: string): string => `${what} only in ${side}`;

const LONGEST = 120;
/** Characters to show before and after a difference. */
const AROUND = 20;

/** Keeps unusual kinds of blanks, because they are a difference. */
const oneLine = (text: string): string => text.replaceAll(/[ \t-\r]+/g, ' ').trim();

/** The text on one line, cut if it is too long. */
export function shorten(text: string): string {
  const line = oneLine(text);
  return line.length <= LONGEST ? line : `${cut(line, 0, LONGEST - 1)}…`;
}

/** Two texts as one change. Of long texts, only the part that differs, so that both sides stay visible. */
export function excerpt(a: string, b: string): string {
  const [one, other] = toldApart(oneLine(a), oneLine(b));
  if (one === other) return 'differs in white space or spelling';
  if (one.length + other.length <= LONGEST) return `${one || '(none)'} → ${other || '(none)'}`;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start += 1;
  let end = 0;
  const room = Math.min(one.length, other.length) - start;
  while (end < room && one.at(-1 - end) === other.at(-1 - end)) end += 1;

  const part = (text: string): string => {
    // Show whole words and one word before. Of very long words, show only the characters near the difference.
    const word = Math.max(0, text.lastIndexOf(' ', Math.max(0, start - 2)));
    const from = start - word <= AROUND ? word : start - AROUND;
    const last = text.length - end;
    const blank = text.indexOf(' ', last);
    const behind = blank < 0 ? text.length : blank;
    const to = behind - last <= AROUND ? behind : last + AROUND;
    const [before, after] = [
      from === 0 ? '' : from === word ? '… ' : '…',
      to === text.length ? '' : to === blank ? ' …' : '…',
    ];
    return `${before}${middle(cut(text, from, to).trim()) || '(nothing)'}${after}`;
  };
  return `${part(one)} → ${part(other)}`;
}

/** Keeps the beginning and the end of a text that is still too long. */
function middle(text: string): string {
  if (text.length <= LONGEST) return text;
  const head = Math.ceil((LONGEST * 2) / 3);
  return `${cut(text, 0, head)} … ${cut(text, text.length - (LONGEST - head - 3), text.length)}`;
}

/** Never cuts a surrogate pair. */
function cut(text: string, from: number, to: number): string {
  const isInside = (at: number): boolean => /^[\udc00-\udfff]/.test(text.slice(at, at + 1));
  return text.slice(isInside(from) ? from + 1 : from, isInside(to) ? to - 1 : to);
}
