/** Texts that look the same but differ: composed and decomposed accents, letters of other alphabets, blanks. */

/** A character, followed by others of nearly the same shape: Cyrillic, Greek and Japanese letters, dashes, quotes. */
const SHAPES = [
  ...[
    'aаα',
    'cсϲ',
    'dԁ',
    'eе',
    'gɡ',
    'hһ',
    'iіιı',
    'jјϳ',
    'kκ',
    'lⅼ',
    'nո',
    'oоοօ',
    'pрρ',
    'qԛ',
    'sѕ',
    'uυս',
  ],
  ...['vνѵ', 'wԝ', 'xхχ', 'yуγ', 'AАΑ', 'BВΒ', 'CСϹ', 'EЕΕ', 'GԌ', 'HНΗ', 'IІΙӀ', 'JЈ', 'KКΚ', 'MМΜ', 'NΝ'],
  ...[
    'OОΟՕ',
    'PРΡ',
    'SЅ',
    'TТΤ',
    'XХΧ',
    'YУΥҮ',
    'ZΖ',
    '3З',
    'カ力',
    'ニ二',
    'ロ口囗',
    'エ工',
    'タ夕',
    'ハ八',
    'ト卜',
  ],
  ...[
    'へヘ',
    'べベ',
    'ぺペ',
    'りリ',
    'ー一―—–‐‑‒−-ｰ─',
    "'’‘ʼ′",
    '"“”″',
    '・·•‧',
    '~〜～∼',
    ':：։',
    ';;',
    '.․',
  ],
];
const SHAPE = new Map(
  SHAPES.flatMap(([first = '', ...others]) => others.map((other): [string, string] => [other, first])),
);

/** Invisible characters: joiners, fillers, variation selectors, and those that change the writing direction. */
const UNSEEN =
  /\p{Cf}|\p{Cc}|\u034f|\u115f|\u1160|\u17b4|\u17b5|\u2800|\u3164|\uffa0|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/gu;

/** A normal form: the same for texts that look alike. */
function shapeOfText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const plain = text.normalize('NFKC').replace(UNSEEN, '').replace(/\s+/g, ' ');
  return Array.from(plain, (character) => SHAPE.get(character) ?? character).join('');
}

const lookAlike = (one: string, other: string): boolean =>
  one !== other && shapeOfText(one) === shapeOfText(other);

/** Writes each character outside of ASCII as its code. */
const spelled = (text: string): string =>
  text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);

/** Two texts that look alike, with codes for the characters that differ. Other texts stay unchanged. */
export function toldApart(one: string, other: string): [string, string] {
  if (!lookAlike(one, other)) return [one, other];
  const [a, b] = [Array.from(one), Array.from(other)];
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const write = (text: string[]): string =>
    [
      text.slice(0, start).join(''),
      spelled(text.slice(start, text.length - end).join('')),
      text.slice(text.length - end).join(''),
    ].join('');
  return [write(a), write(b)];
}

/** Writes the codes in a text that looks like ASCII but is not. Other texts stay unchanged. */
function unlikeAscii(text: string): string {
  const shape = shapeOfText(text);
  return shape !== text && /^[\x20-\x7e]*$/.test(shape) ? toldApart(text, shape)[0] : text;
}

/** Texts that are left on each side, with codes in those that look like a text of the other side. */
export function sidesToldApart(one: readonly string[], other: readonly string[]): [string[], string[]] {
  const [first, second] = [[...one], [...other]];
  const places = new Map(first.map((text, at) => [shapeOfText(text), at]));
  second.forEach((text, at) => {
    const place = places.get(shapeOfText(text));
    if (place !== undefined) [first[place], second[at]] = toldApart(one[place]!, text);
  });
  return [first.map(unlikeAscii), second.map(unlikeAscii)];
}

/**
 * Writes a name with codes if another name looks the same, or if it looks like ASCII but is not. Otherwise undefined.
 *
 * @param all names of both sides
 */
export function namesToldApart(all: Iterable<string>): (name: string) => string | undefined {
  const others = new Map<string, Set<string>>();
  const names = new Set(all);
  for (const name of names) {
    if (/^[\x20-\x7e]*$/.test(name)) continue;
    const shape = shapeOfText(name);
    const alike = others.get(shape) ?? new Set(names.has(shape) ? [shape] : []);
    others.set(shape, alike.add(name));
  }
  return (name) => {
    const other = [...(others.get(shapeOfText(name)) ?? [])].find((one) => one !== name);
    if (other !== undefined) return toldApart(name, other)[0];
    return unlikeAscii(name) === name ? undefined : unlikeAscii(name);
  };
}
