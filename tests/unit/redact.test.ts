import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/redact.ts';

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
