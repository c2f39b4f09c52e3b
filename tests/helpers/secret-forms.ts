/** Where and how programs print a password: each form with the text around it, and {} for the password. */
export interface Form {
  /** What stands around it; `{}` is the password. */
  readonly around: string;
  readonly write: (password: string) => string;
}

const bytes = (text: string): number[] => [...Buffer.from(text)];
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
const percent = (text: string): string =>
  bytes(text)
    .map((byte) => `%${hex(byte, 2).toUpperCase()}`)
    .join('');
const lowerPercent = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const units = (text: string, escape: (unit: number) => string): string =>
  text
    .split('')
    .map((unit) => (/[\x20-\x7e]/.test(unit) ? unit : escape(unit.charCodeAt(0))))
    .join('');
const points = (text: string, write: (point: number, character: string) => string): string =>
  Array.from(text, (character) => write(character.codePointAt(0)!, character)).join('');
/** Of Python: single quotes, unless there is one in it and no double one. */
const repr = (text: string, ascii = false): string => {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = points(text, (point, character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (point < 0x7f || !ascii) return character;
    return point < 0x100
      ? `\\x${hex(point, 2)}`
      : point < 0x10000
        ? `\\u${hex(point, 4)}`
        : `\\U${hex(point, 8)}`;
  });
  return `${quote}${inside}${quote}`;
};
const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const pythonShell = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;
const backslashed = (text: string): string => text.replaceAll(/[^\w\n\u0080-\u{10ffff}]/gu, '\\$&');
const ansiC = (text: string): string =>
  points(text, (point, character) =>
    point >= 0x7f
      ? bytes(character)
          .map((byte) => `\\${byte.toString(8)}`)
          .join('')
      : character.replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n'),
  );
const html = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
const form = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);
const half = (text: string): string =>
  Array.from(text, (character, index) =>
    index % 2 === 0 ? percent(character) : encodeURIComponent(character),
  ).join('');
const literal = (text: string): string => text.replaceAll("'", "''");

const written = (around: string, write: (password: string) => string): Form => ({ around, write });

/** The forms in which a password can be told from a name, because its place says so. */
export const PLACED: Readonly<Record<string, Form>> = {
  'URL, encodeURIComponent': written('postgresql://{user}:{}@db:5432/{user}', encodeURIComponent),
  'URL, percent in lower case': written('postgresql://{user}:{}@db/x', (p) =>
    lowerPercent(encodeURIComponent(p)),
  ),
  'URL, every byte encoded': written('postgresql+asyncpg://{user}:{}@db/x', percent),
  'URL, every second character encoded': written('postgres://{user}:{}@db/x', half),
  'URL, blanks as +': written('postgres://{user}:{}@db/x', form),
  'URL, encodeURI': written('postgres://{user}:{}@db/x', encodeURI),
  'URL as it was typed': written('postgres://{user}:{}@db/x', (p) => p),
  'URL, by WHATWG': written('postgres://{user}:{}@db/x', (p) => {
    const url = new URL('postgres://user@host/db');
    url.password = p;
    return url.password;
  }),
  'URL in a URL': written('next=postgres%3A%2F%2F{user}%3A{}%40db%2Fx', (p) =>
    encodeURIComponent(encodeURIComponent(p)),
  ),
  'URL in JSON of PHP': written('"postgres:\\/\\/{user}:{}@db\\/x"', (p) => json(p).replaceAll('/', '\\/')),
  'URL, query': written('postgresql://db/x?user={user}&password={}&sslmode=require', form),
  'URL without a user': written('redis://:{}@cache/0', encodeURIComponent),
  'URL in alembic.ini': written('sqlalchemy.url = postgresql://{user}:{}@db/x', (p) =>
    encodeURIComponent(p).replaceAll('%', '%%'),
  ),
  JSON: written('{"user": "{user}", "password": "{}"}', json),
  'JSON, \\u in lower case': written('{"password":"{}"}', (p) =>
    units(json(p), (unit) => `\\u${hex(unit, 4)}`),
  ),
  'JSON, \\u in upper case': written('{"password":"{}"}', (p) =>
    units(json(p), (unit) => `\\u${hex(unit, 4).toUpperCase()}`),
  ),
  'JSON, all \\u': written('{"password":"{}"}', (p) =>
    p
      .split('')
      .map((unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
      .join(''),
  ),
  'JSON in JSON': written('"{\\"password\\":\\"{}\\"}"', (p) => json(json(p))),
  'docker inspect': written('["POSTGRES_USER={user}", "POSTGRES_PASSWORD={}"]', json),
  'name and value': written('{"name": "POSTGRES_PASSWORD", "value": "{}"}', json),
  'Python repr': written("connect(user='{user}', password={})", (p) => repr(p)),
  'Python repr of a dict': written("{'user': '{user}', 'password': {}}", (p) => repr(p)),
  'Python ascii': written("{'password': {}, 'user': '{user}'}", (p) => repr(p, true)),
  'Python bytes': written("password=b'{}'", (p) =>
    bytes(p)
      .map((byte) =>
        byte >= 0x7f
          ? `\\x${hex(byte, 2)}`
          : String.fromCharCode(byte).replaceAll(/['\\]/g, '\\$&').replaceAll('\n', '\\n'),
      )
      .join(''),
  ),
  'shell, single quotes': written('PGPASSWORD={} psql -U {user}', shell),
  'shell, by shlex': written('PGPASSWORD={} psql -U {user}', pythonShell),
  'shell, double quotes': written('export DB_PASSWORD="{}"', (p) => p.replaceAll(/["\\$`]/g, '\\$&')),
  'shell, backslashes': written('PGPASSWORD={} psql', backslashed),
  "shell, $'…'": written("PGPASSWORD=$'{}' psql", ansiC),
  'an option': written('mysqladmin --user={user} --password={}', shell),
  'an option and a word': written('createuser --password {} {user}', shell),
  '.pgpass': written('db:5432:{user}:{user}:{}', (p) => p.replaceAll(/[\\:]/g, '\\$&')),
  'libpq, quoted': written("host=db user={user} password='{}' dbname={user}", (p) =>
    p.replaceAll(/['\\]/g, '\\$&'),
  ),
  'SQL literal': written("ALTER ROLE {user} PASSWORD '{}';", literal),
  'SQL, encrypted': written("CREATE ROLE {user} WITH ENCRYPTED PASSWORD '{}'", literal),
  "SQL, E'…'": written("ALTER ROLE {user} PASSWORD E'{}'", (p) =>
    literal(p).replaceAll('\\', '\\\\').replaceAll('\n', '\\n'),
  ),
  'SQL, U&': written("ALTER ROLE {user} PASSWORD U&'{}'", (p) =>
    points(literal(p).replaceAll('\\', '\\\\'), (point, character) =>
      point < 0x7f ? character : point < 0x10000 ? `\\${hex(point, 4).toUpperCase()}` : `\\+${hex(point, 6)}`,
    ),
  ),
  'SQL, $$': written('ALTER ROLE {user} PASSWORD $${}$$', (p) => p),
  'SQL, $tag$': written('ALTER ROLE {user} PASSWORD $pw${}$pw$', (p) => p),
  'SQL, options': written("OPTIONS (user '{user}', password '{}')", literal),
  'SQLAlchemy parameters': written("[parameters: {'name': '{user}', 'password': {}}]", (p) => repr(p)),
  'a unique key': written('Key (password)=({}) already exists.', (p) => p),
  'YAML, bare': written('POSTGRES_PASSWORD: {}', (p) => p.replaceAll('$', '$$$$')),
  'YAML, single quotes': written("POSTGRES_PASSWORD: '{}'", (p) => literal(p.replaceAll('$', '$$$$'))),
  'YAML, double quotes': written('POSTGRES_PASSWORD: "{}"', (p) => json(p.replaceAll('$', '$$$$'))),
  'YAML, a list': written('- POSTGRES_PASSWORD={}', (p) => p),
  'YAML, a block': written('password: |-\n  {}', (p) => p.replaceAll('\n', '\n  ')),
  dotenv: written('POSTGRES_PASSWORD={}', (p) => p),
  'dotenv, double quotes': written('POSTGRES_PASSWORD="{}"', (p) => json(p)),
  'dotenv, single quotes': written("DB_PASS='{}'", (p) => p),
  TOML: written('password = "{}"', json),
  XML: written('<password>{}</password>', (p) => html(p).replaceAll('&#39;', '&apos;')),
  'XML, attribute': written('<entry key="password" value="{}"/>', html),
  'HTML, numeric': written('<input name="password" value="{}">', (p) => points(p, (point) => `&#${point};`)),
  'HTML, hexadecimal': written('<dd class="password">{}</dd>', (p) =>
    points(p, (point) => `&#x${hex(point, 1).toUpperCase()};`),
  ),
  'HTML in HTML': written('<td title="password">{}</td>', (p) => html(html(p))),
  'a table of psql': written(' {user} | password | {}', (p) => p),
  Ruby: written(":user=>'{user}', :password=>'{}'", (p) => p.replaceAll(/['\\]/g, '\\$&')),
  PHP: written("'password' => '{}',", (p) => p.replaceAll(/['\\]/g, '\\$&')),
  curl: written('curl -u {user}:{}', (p) => p),
};

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const url64 = (text: string): string => Buffer.from(text).toString('base64url');

/** In base64 what stands around it is encoded as well. */
export const ENCODED: Readonly<Record<string, (user: string, password: string) => string>> = {
  'Basic authentication': (user, p) => `Auth: Basic ${base64(`${user}:${p}`)}`,
  'Basic, second alignment': (user, p) => `Basic ${base64(`x${user}:${p}`)}`,
  'Basic, third alignment': (user, p) => `Basic ${base64(`xx${user}:${p}`)}`,
  'base64 of user:password, url-safe': (user, p) => `auth=${url64(`${user}:${p}`)}&x=1`,
  'base64 url-safe, second alignment': (user, p) => `auth=${url64(`x${user}:${p}`)}`,
  'base64 url-safe, third alignment': (user, p) => `auth=${url64(`xx${user}:${p}`)}`,
  'base64 in a URL': (user, p) => `?auth=${encodeURIComponent(base64(`${user}:${p}`))}`,
  'base64 in JSON of PHP': (user, p) => `{"auth":"${base64(`${user}:${p}`).replaceAll('/', '\\/')}"}`,
  'base64 of a URL': (user, p) => base64(`postgresql://${user}:${encodeURIComponent(p)}@db/${user}`),
  'base64 of JSON (X-Registry-Auth)': (user, p) => url64(JSON.stringify({ username: user, password: p })),
  'secret of Kubernetes': (user, p) => `user: ${user}\npassword: ${base64(p)}`,
};

const MASK = '********';
/** A quote that may be a doubled one, the sign that begins or ends an escape: nothing without the password. */
const SIGNS = /^[^\p{L}\p{N}]{0,4}$/u;

/** Whether of a text with a password in the place of `{}` all is shown but the password. */
export function hidesOnly(shown: string, around: string): boolean {
  const [before = '', after = ''] = around.split('{}');
  const [first, last] = [shown.indexOf(MASK), shown.lastIndexOf(MASK)];
  if (first < 0) return false;
  const but = (a: string, b: string, cut: (text: string, length: number) => string): boolean => {
    const [long, short] = a.length < b.length ? [b, a] : [a, b];
    return (
      SIGNS.test(cut(long, short.length)) && long.length - cut(long, short.length).length === short.length
    );
  };
  const [left, right] = [shown.slice(0, first), shown.slice(last + MASK.length)];
  const same = before.startsWith(left) || left.startsWith(before);
  const sameEnd = after.endsWith(right) || right.endsWith(after);
  return (
    same &&
    sameEnd &&
    but(left, before, (text, length) => text.slice(length)) &&
    but(right, after, (text, length) => text.slice(0, text.length - length))
  );
}
