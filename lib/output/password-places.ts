/** What names a password, a token or the like, in any language; `pass` not in a longer word, as in `passed`. */
const NAMES =
  'passw(?:or)?d|passphrase|passcode|pass(?![a-z])|pwd|secret|token|credential|(?:api|access|private)[_-]?key';

const QUOTE = '["\'`]';
/** `'`, `E'`, `b"`, `U&'`, `$'`, `$$`, `$tag$`, `(`: what stands in front of a value. */
const OPEN = `(?:(?:[A-Za-z]{0,2}&?|\\$)${QUOTE}|\\$(?:\\w{0,20}\\$)?|[(\\[{])`;
const CLOSE = `(?:${QUOTE}|[)\\]]){0,3}`;
/** Of YAML: a block, a tag. Of Python and others: a call. */
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

/** Where a text is a password, whatever else it may be elsewhere: what ends and what begins there (flag y). */
export interface Place {
  readonly before: RegExp;
  readonly after: RegExp;
}

/** For a text that was read by `plain`. */
const place = (before: string, after = ''): Place => ({
  before: new RegExp(`(?<=${before})`, 'iuy'),
  after: new RegExp(after, 'iuy'),
});

/** @param keys further names of passwords */
export function passwordPlaces(keys: Iterable<string>): Place[] {
  const key = `(?:${[NAMES, ...Array.from(keys, (name) => `(?<!\\w)${escapeRegExp(name)}`)].join('|')})[\\w.-]{0,60}`;
  return [
    place(`${key}(?:${FOLLOWED})`),
    // --password …  -u user:…
    place(`--[\\w-]{0,40}${key} ${OPEN}{0,2}`),
    place(`(?<![\\w-])--?u(?:ser)?[ =]${QUOTE}?[^\\s:'"]{1,80}:`),
    // scheme://user:…@host; image:tag@sha256:… is none.
    place(':', '@(?!sha256:)'),
    // .pgpass: host:port:database:user:…
    place(':(?:\\d{1,5}|\\*):[^:]{1,80}:[^:]{1,80}:', '(?!:)'),
  ];
}

/** Where a user and the password stand together. */
export const pairWith = (user: string): Place =>
  place(`(?<![\\w/.-])${escapeRegExp(user)}:`, '(?![\\w/.:-])');

export const QUOTED: Place = place(QUOTE, QUOTE);

const escapeRegExp = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
