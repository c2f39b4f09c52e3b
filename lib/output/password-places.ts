/** Names of passwords, tokens and the like. `pass` only at the end of a word, not as in `passed`. */
const NAMES =
  'passw(?:or)?d|passphrase|passcode|pass(?![a-z])|pwd|secret|token|credential|(?:api|access|private)[_-]?key';

const QUOTE = '["\'`]';
/** What may open a value: `'`, `E'`, `b"`, `U&'`, `$'`, `$$`, `$tag$`, `(`. */
const OPEN = `(?:(?:[A-Za-z]{0,2}&?|\\$)${QUOTE}|\\$(?:\\w{0,20}\\$)?|[(\\[{])`;
const CLOSE = `(?:${QUOTE}|[)\\]]){0,3}`;
/** What may stand before a value: a block or tag of YAML, a function call. */
const BEFORE_VALUE = `(?:[|>][+-]? )?(?:!{1,2}\\w{0,20} )?(?:\\w{1,40}\\()?${OPEN}{0,3}`;

const FOLLOWED = [
  // password=…  "password": "…"  ["password"] = '…'  password: !!str …  Key (password)=(…)
  `${CLOSE} ?(?::=|=>|->|[=:|│]) ?${BEFORE_VALUE}`,
  // PASSWORD '…'  password is "…"
  ` (?:(?:is|was|to|as) )?(?:(?:[A-Za-z]{0,2}&?|\\$)${QUOTE}|\\$(?:\\w{0,20}\\$)?)`,
  // ('password', '…')
  `${QUOTE} ?, ?${OPEN}`,
  // {"name": "PASSWORD", "value": "…"}  <x name="password" value="…"/>
  `${CLOSE} ?,? ?${QUOTE}?value${QUOTE}? ?[:=] ?${OPEN}?`,
  // <password>…  <x key="password">…
  `${CLOSE} ?> ?`,
].join('|');

/** Patterns (flag y) for the text before and after a password. Between them, any text is a password. */
export interface Place {
  readonly before: RegExp;
  readonly after: RegExp;
}

/** For text that `plain` has normalised. */
const place = (before: string, after = ''): Place => ({
  before: new RegExp(`(?<=${before})`, 'iuy'),
  after: new RegExp(after, 'iuy'),
});

/** @param keys more variable names of passwords */
export function passwordPlaces(keys: Iterable<string>): Place[] {
  const key = `(?:${[NAMES, ...Array.from(keys, (name) => `(?<!\\w)${escapeRegExp(name)}`)].join('|')})[\\w.-]{0,60}`;
  return [
    place(`${key}(?:${FOLLOWED})`),
    // --password …  -u user:…
    place(`--[\\w-]{0,40}${key} ${OPEN}{0,2}`),
    place(`(?<![\\w-])--?u(?:ser)?[ =]${QUOTE}?[^\\s:'"]{1,80}:`),
    // scheme://user:…@host; but not image:tag@sha256:…
    place(':', '@(?!sha256:)'),
    // .pgpass: host:port:database:user:…
    place(':(?:\\d{1,5}|\\*):[^:]{1,80}:[^:]{1,80}:', '(?!:)'),
  ];
}

/** `user:password`. */
export const pairWith = (user: string): Place =>
  place(`(?<![\\w/.-])${escapeRegExp(user)}:`, '(?![\\w/.:-])');

export const QUOTED: Place = place(QUOTE, QUOTE);

const escapeRegExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
