import { base64Cores, base64Words } from './base64.ts';
import { QUOTED, pairWith, passwordPlaces, type Place } from './password-places.ts';
import { inOriginal, plain } from './plain.ts';

const MASK = '********';

/** More about a secret than its text. */
export interface About {
  /** The variable that holds it. */
  readonly key?: string | undefined;
  /** The user whose password it is. */
  readonly user?: string | undefined;
}

/** Start and end in a text. */
type Span = readonly [from: number, to: number];

/** How to search for a secret. */
interface Sought {
  readonly secret: string;
  /** Where to hide it. name: where passwords stand. number: also in quotes. word: as whole word. distinct: anywhere. */
  readonly kind: 'name' | 'number' | 'word' | 'distinct';
  /** The secret, normalised by `plain`. */
  readonly plain: string;
  /** False if normalising leaves so little of it that it could match any word. */
  readonly keepsItsSigns: boolean;
  /** Its own places, in addition to the common ones. */
  readonly places: readonly Place[];
  /** Base64 words that are the secret, and parts of base64 words that contain it. */
  readonly words: readonly string[];
  readonly cores: readonly string[];
  /** In hexadecimal, as PostgreSQL prints bytea. */
  readonly hexadecimal: string;
}

interface Prepared {
  readonly sought: readonly Sought[];
  /** The common places. */
  readonly places: readonly Place[];
}

/**
 * Hides secrets in everything that makesafe prints or writes, in every form in which programs print them.
 *
 * A password may be the same word as a name: of the user, the database, the environment. People have to read names, so
 * such a word is hidden only where it is used as a password: after `user:` in a URL, `password=`, PASSWORD '…'. Any
 * other secret is hidden everywhere.
 */
export class Redactor {
  /** Each secret, with the users whose password it is. */
  readonly #secrets = new Map<string, Set<string>>();
  readonly #names = new Set<string>();
  readonly #keys = new Set<string>();
  #prepared: Prepared | undefined;

  /** Adds a secret. Of a URL with a password, the password is hidden, too. */
  hide(secret: string, { key, user }: About = {}): void {
    // Programs print a value of several lines line by line, and a value from a file may end with a line break.
    for (const text of [secret, secret.trim(), ...secret.split('\n').filter((line) => line.length >= 4)]) {
      if (text === '') continue;
      const users = this.#secrets.get(text) ?? new Set();
      this.#secrets.set(text, user === undefined ? users : users.add(user));
    }
    if (key !== undefined) this.#keys.add(key);
    const password = passwordIn(secret);
    if (password !== undefined) this.hide(password);
    this.#prepared = undefined;
  }

  /** Adds names that must stay readable: of environments, users, databases, services, folders. */
  show(names: Iterable<string | undefined>): void {
    for (const name of names) if (name !== undefined) this.#names.add(name);
    this.#prepared = undefined;
  }

  /** The text, with each secret replaced by asterisks. */
  redact(text: string): string {
    if (this.#secrets.size === 0) return text;
    let out = '';
    let done = 0;
    for (const [from, to] of merged(this.#find(text))) {
      out += text.slice(done, from) + MASK;
      done = to;
    }
    return out + text.slice(done);
  }

  #find(text: string): Span[] {
    const { sought, places } = (this.#prepared ??= this.#prepare());
    const said = plain(text);
    const found: Span[] = [];
    const foundInSaid = (from: number, to: number): void =>
      void found.push(inOriginal(said, from, to, text.length));
    for (const one of sought) {
      if (one.kind === 'distinct' || one.kind === 'word') {
        const whole = one.kind === 'word';
        for (const span of occurrences(text, one.secret))
          if (!whole || isWord(text, ...span)) found.push(span);
        if (one.hexadecimal.length >= 8) found.push(...occurrences(text.toLowerCase(), one.hexadecimal));
      }
      for (const [from, to] of occurrences(said.text, one.plain)) {
        const anywhere =
          one.kind === 'distinct' ? one.keepsItsSigns : one.kind === 'word' && isWord(said.text, from, to);
        if (anywhere || places.concat(one.places).some((place) => isIn(place, said.text, from, to)))
          foundInSaid(from, to);
      }
    }
    found.push(...base64Words(text, (word, decoded) => this.#hides(word, decoded)));
    return found;
  }

  /** Whether a word of base64 contains a secret. */
  #hides(word: string, decoded: () => string): boolean {
    const { sought } = this.#prepared!;
    if (sought.some(({ words, cores }) => words.includes(word) || cores.some((core) => word.includes(core))))
      return true;
    if (word.length < 4) return false;
    const text = decoded();
    // Most such words are not base64.
    if (/[\0-\x08\x0e-\x1f\ufffd]/.test(text)) return false;
    const said = plain(text).text;
    return (
      sought.some((one) => said === one.plain || (said.endsWith(`:${one.plain}`) && !said.includes(' '))) ||
      this.#find(text).length > 0
    );
  }

  #prepare(): Prepared {
    const sought = Array.from(this.#secrets, ([secret, users]): Sought => {
      const kind = this.#kindOf(secret);
      const said = plain(secret).text;
      return {
        ...{ secret, kind, plain: said, keepsItsSigns: said.length >= Math.min(4, secret.length) },
        places: [
          ...(NUMBER.test(secret) ? [] : Array.from(users, pairWith)),
          ...(kind === 'number' ? [QUOTED] : []),
        ],
        words: base64(secret).filter(({ length }) => length >= 3),
        cores: [
          ...Array.from(users, (user) => base64(`${user}:${secret}`)[1].slice(0, -1)),
          ...(kind === 'distinct' ? base64Cores(secret) : []),
        ].filter(({ length }) => length >= 5),
        hexadecimal: Buffer.from(secret).toString('hex'),
      };
    });
    return { sought, places: passwordPlaces(this.#keys) };
  }

  #kindOf(secret: string): Sought['kind'] {
    for (const name of this.#names) if (name.includes(secret)) return 'name';
    // A few signs, and small numbers (sizes, counts, ports), occur everywhere.
    if (/^[^\p{L}\p{N}]{1,3}$/u.test(secret)) return 'name';
    if (NUMBER.test(secret)) return 'number';
    return /^\w{1,5}$/.test(secret) ? 'word' : 'distinct';
  }
}

const NUMBER = /^\d{1,5}$/;
const WORD_ENDS = /(?<=[\p{L}\p{N}_])$/u;
const WORD_GOES_ON = /[\p{L}\p{N}_]/uy;

function* occurrences(text: string, part: string): Generator<Span> {
  if (part === '') return;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) yield [at, at + part.length];
}

/** Whether it neither begins nor ends in the middle of a word. */
const isWord = (text: string, from: number, to: number): boolean =>
  !WORD_ENDS.test(text.slice(Math.max(0, from - 2), from)) && !goesOn(text, from, to);

/** Whether the match ends in the middle of a longer word. */
function goesOn(text: string, from: number, to: number): boolean {
  WORD_GOES_ON.lastIndex = to;
  return WORD_ENDS.test(text.slice(Math.max(from, to - 2), to)) && WORD_GOES_ON.test(text);
}

function isIn({ before, after }: Place, text: string, from: number, to: number): boolean {
  if (goesOn(text, from, to)) return false;
  // `plain` merges an opening quote with a password that begins with the same quote.
  const begins = /["'`$]/.test(text[from]!) ? [from, from + 1] : [from];
  after.lastIndex = to;
  if (!after.test(text)) return false;
  return begins.some((begin) => {
    before.lastIndex = begin;
    return before.test(text);
  });
}

/** Sorts spans and merges those that overlap. */
function merged(spans: readonly Span[]): Span[] {
  const all: [number, number][] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const last = all.at(-1);
    if (last && from < last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** With and without padding. */
function base64(text: string): [padded: string, bare: string] {
  const padded = Buffer.from(text).toString('base64');
  return [padded, padded.replace(/=+$/, '')];
}

/** The password in a URL, if there is one. */
function passwordIn(secret: string): string | undefined {
  const found = secret.match(/^[\w+.-]+:\/\/[^/@\s:]*:([^\s]+)@[^@]*$/)?.[1];
  if (found === undefined) return undefined;
  try {
    return decodeURIComponent(found);
  } catch {
    return found;
  }
}
