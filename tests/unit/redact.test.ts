import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { run } from '../../lib/system/process.ts';
import { Redactor } from '../../lib/output/redact.ts';
import { ENCODED, PLACED, hidesOnly } from '../helpers/secret-forms.ts';
import { processorTime, recordingTerminal } from './support.ts';

const SECRETS = [
  'hunter2',
  'p@ss/w:rd?#[]',
  'two words',
  "it's",
  'say "hi"',
  'back\\slash',
  'pa$word$1',
  'a&b=c+d%20',
  '日本のひみつ',
  'tab\tand\rmore',
  `all'of"them\\$&+ /日本`,
  'x.*[y]',
  'ab',
  '*****',
];

/** How a secret turns up, and who writes it so. */
const FORMS: Record<string, (secret: string) => string> = {
  plain: (secret) => secret,
  'encodeURIComponent (connection URLs)': encodeURIComponent,
  encodeURI: encodeURI,
  'the password of a URL': (secret) => {
    const url = new URL('postgres://user@host/db');
    url.password = secret;
    return url.password;
  },
  'an HTML form': (secret) => new URLSearchParams({ _: secret }).toString().slice('_='.length),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 in URLs': (secret) => Buffer.from(secret).toString('base64url'),
  'an SQL literal': (secret) => pg.escapeLiteral(secret).replace(/^ ?E?'|'$/g, ''),
  JSON: (secret) => JSON.stringify(secret).slice(1, -1),
  'docker compose config, bare': (secret) => secret.replaceAll('$', '$$$$'),
  'docker compose config, in single quotes': (secret) => secret.replaceAll('$', '$$$$').replaceAll("'", "''"),
  'docker compose config, in double quotes': (secret) =>
    JSON.stringify(secret.replaceAll('$', '$$$$')).slice(1, -1),
};

describe.each(Object.entries(FORMS))('as %s', (_name, write) => {
  test.each(SECRETS)('%j', (secret) => {
    const redactor = new Redactor();
    redactor.hide(secret);
    expect(redactor.redact(`<${write(secret)}>`)).toBe('<********>');
    expect(redactor.redact(`${write(secret)},${write(secret)}`)).toBe('********,********');
  });
});

test('what was not hidden stays', () => {
  const redactor = new Redactor();
  redactor.hide('');
  expect(redactor.redact('nothing to hide')).toBe('nothing to hide');
  redactor.hide('hunter2');
  expect(redactor.redact('nothing to hide, hunter3')).toBe('nothing to hide, hunter3');
});

test('of secrets in each other the longest goes first', () => {
  for (const order of [
    ['pass', 'password', 'my password'],
    ['my password', 'password', 'pass'],
  ]) {
    const redactor = new Redactor();
    order.forEach((secret) => redactor.hide(secret));
    expect(redactor.redact('my password, password, pass')).toBe('********, ********, ********');
  }
});

test('a value of several lines, whole and line by line', () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADAN\nabc\n-----END KEY-----\n';
  const redactor = new Redactor();
  redactor.hide(key);
  expect(redactor.redact(`key: ${key}`)).toBe('key: ********');
  expect(redactor.redact(JSON.stringify({ key }))).toBe('{"key":"********"}');
  expect(redactor.redact('  MIIEvQIBADAN')).toBe('  ********');
  // Too short to be told from ordinary words.
  expect(redactor.redact('abc')).toBe('abc');
});

/** Ordinary ones, words that are names as well, short ones, numbers, and signs that some program writes differently. */
const PASSWORDS = [
  ...['hunter2', 'Tr0ub4dor&3', 'correct horse battery', '日本のひみつ', 'pässwörd', '🔑key', 'YXBw', 'é'],
  ...['shop', 'shop_stg', 'db', 'web', 'a', 'ab', '5432', '17', '1', '20251129', 'postgres', 'local'],
  ...[
    "it's",
    `'quoted'`,
    'say "hi"',
    '"x',
    'back\\slash',
    '\\\\x\\',
    'a\\nb',
    'pa$word$1',
    '${HOME}',
    '$$money',
  ],
  ...['100%', '%41', '%s%s', 'a&b=c+d%20', 'C++', 'two words', ' blank ', 'p@ss/w:rd?#[]', 'x.*[y]', '{{x}}'],
  ...['<tag>&amp;', '*****', '-----', 'tab\tin', 'line one\nline two', `all'of"them\\$&+ /日本`, '#;='],
];

/** What the screen has to show; some of them are a password above. */
const NAMES = ['shop', 'shop_stg', 'db', 'web', 'a', 'postgres', 'shop-db-1', '/srv/shop', 'local_dev'];

function redactorFor(password: string, user: string): Redactor {
  const redactor = new Redactor();
  redactor.hide(password, { key: 'POSTGRES_PASSWORD', user });
  redactor.show(NAMES);
  return redactor;
}

describe.each(['shop', 'o_hara'])('a password of %s, shown as', (user) => {
  test.each(Object.entries(PLACED))('%s', (_name, { around, write }) => {
    const here = around.replaceAll('{user}', user);
    const wrong = PASSWORDS.map(
      (password) =>
        [password, redactorFor(password, user).redact(here.replace('{}', () => write(password)))] as const,
    ).filter(([, shown]) => !hidesOnly(shown, here));
    expect(wrong).toEqual([]);
  });

  test.each(Object.entries(ENCODED))('%s', (_name, write) => {
    const wrong = PASSWORDS.map((password) => {
      const text = write(user, password);
      const words = text.match(/[\w+/%-]{4,}={0,2}/g) ?? [];
      const shown = redactorFor(password, user).redact(text);
      // The longest word is the encoded one.
      const encoded = words.toSorted((a, b) => b.length - a.length)[0]!;
      return { password, shown, bad: !shown.includes('********') || shown.includes(encoded) };
    }).filter(({ bad }) => bad);
    expect(wrong.filter(({ shown }) => !/^user: \S+\npassword: \*{8}=*$/.test(shown))).toEqual([]);
  });
});

describe('names', () => {
  /** As the screen, the journal, compose and docker say them. */
  const TEXTS = NAMES.flatMap((name) => [
    name,
    `    database     ${name} of ${name}, 17 MB, 1 table, about 5432 rows`,
    `    volumes      ${name}_data (the database's storage)`,
    `[next] make up ENV=${name}`,
    `[ok] ${name}: at head`,
    `docker compose --env-file env/.env.${name} -p ${name} up -d`,
    ` Container ${name}-db-1  Started`,
    `connection to server at "${name}" (172.18.0.2), port 5432 failed: FATAL: database "${name}" does not exist`,
    `FATAL:  password authentication failed for user "${name}"`,
    JSON.stringify({ environment: name, database: name, user: name }),
    `postgresql://${name}@db.internal:5432/${name}`,
    `POSTGRES_USER=${name} POSTGRES_DB=${name}`,
    `image: registry.example/${name}:17@sha256:0123456789abcdef`,
  ]);

  test.each(PASSWORDS)('are all shown where %j is the password', (password) => {
    const redactor = redactorFor(password, 'shop');
    // A number in quotes may be the password, and it is the name of nothing.
    const texts = TEXTS.filter((text) => !/^(é|"|#;=)$/.test(password) || !text.includes(password));
    expect(texts.map((text) => redactor.redact(text))).toEqual(texts);
  });

  test('one that becomes known later is shown from then on', () => {
    const redactor = new Redactor();
    redactor.hide('orders');
    expect(redactor.redact('TABLE orders')).toBe('TABLE ********');
    redactor.show(['orders']);
    expect(redactor.redact('TABLE orders, password=orders')).toBe('TABLE orders, password=********');
  });
});

test('the password in a URL that is a secret as a whole', () => {
  const redactor = new Redactor();
  redactor.hide('postgresql+asyncpg://shop:p%40ss-w0rd@db:5432/shop', { key: 'DATABASE_URL' });
  for (const text of ['p@ss-w0rd', 'p%40ss-w0rd', '"p\\u0040ss-w0rd"'])
    expect(redactor.redact(text)).toMatch(/^"?\*{8}"?$/);
});

describe('any password', () => {
  const runs = Number(process.env['REDACTOR_RUNS'] ?? 300);
  // Of U&'…', \\1000 reads as an octal number of C as well.
  const forms = Object.entries(PLACED).filter(([name]) => name !== 'SQL, U&');
  const password = fc
    .oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
      fc.string({ unit: fc.constantFrom(...`'"\\$%&+ <>{}:/@#=abAB01é日🔑`), minLength: 1, maxLength: 12 }),
      fc.stringMatching(/^[a-z]{1,8}$/),
    )
    .filter(
      (text) =>
        !/[\ud800-\udfff]/u.test(text) &&
        !/[\0-\x08\x0b-\x1f\x7f-\xa0]/.test(text) &&
        /[\p{L}\p{N}]/u.test(text),
    );

  test('in any form', () => {
    fc.assert(
      fc.property(password, fc.constantFrom(...forms), (secret, [, { around, write }]) => {
        // What is in dollar quotes has none.
        fc.pre(!(around.includes('$${}') || around.includes('$pw$')) || !secret.includes('$'));
        const here = around.replaceAll('{user}', 'shop');
        const shown = redactorFor(secret, 'shop').redact(here.replace('{}', () => write(secret)));
        expect(shown).toSatisfy(() => hidesOnly(shown, here) || shown.includes('********'));
        // Behind the mask nothing of it is left.
        if (secret.length >= 4 && /[\p{L}\p{N}]{4}/u.test(secret) && !here.includes(secret))
          expect(shown).not.toContain(write(secret));
      }),
      { numRuns: runs, seed: COMMIT },
    );
  });

  test('ends soon, whatever the text is made of', () => {
    const redactor = redactorFor(`it's \\\\ "100%" $ {a} & 日本`, 'shop');
    for (const part of [
      '\\',
      '%25',
      '&amp;',
      "'",
      '"\'',
      ' ',
      '+',
      'password=',
      'password ',
      ':1:a',
      '--',
      '$',
      '\\u005c',
    ]) {
      const spent = processorTime();
      redactor.redact(part.repeat(Math.ceil(50_000 / part.length)));
      expect(spent(), part).toBeLessThan(5_000);
    }
  });
});

test('a password that a program prints in pieces', async () => {
  const { terminal, written } = recordingTerminal();
  terminal.redactor.hide('hunter2 日本');
  const script = `const bytes = Buffer.from('a hunter2 日本 z\\n');
    const next = (at) => at < bytes.length && process.stdout.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
    next(0);`;
  await run({ file: process.execPath, args: ['-e', script] }, { onLine: (line) => terminal.line(line) });
  expect(written.err).toBe('a ******** z\n');
});
