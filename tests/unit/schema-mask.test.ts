import { describe, expect, test } from 'vitest';
import { maskSecrets, maskSetting } from '../../lib/schema/mask.ts';

const subscription = (literal: string): string =>
  `CREATE SUBSCRIPTION s CONNECTION ${literal} PUBLICATION p;`;

describe('connection strings of subscriptions', () => {
  test.each([
    [`'host=a password=hush user=u'`, `'host=a password=******** user=u'`],
    [`'host=a password = ''hush hush'' dbname=d'`, `'host=a password=******** dbname=d'`],
    [`'password=hu\\ sh port=5432'`, `'password=******** port=5432'`],
    [
      `'sslpassword=hush passfile=/f new_option=hush'`,
      `'sslpassword=******** passfile=******** new_option=********'`,
    ],
    [`'postgresql://u:hush@a/d'`, `'********'`],
    [`E'password=hu\\\\sh'`, `'********'`],
    [`'password=hush and something that is no keyword'`, `'********'`],
    [`'host=a user=u'`, `'host=a user=u'`],
  ])('%s', (given, shown) => {
    const { text, secret } = maskSecrets('SUBSCRIPTION', subscription(given));
    expect(text).toBe(subscription(shown));
    expect(text).not.toContain('hush');
    // It still tells two of them apart.
    expect(secret === '').toBe(given === shown);
    if (secret !== '')
      expect(maskSecrets('SUBSCRIPTION', subscription(given.replace('u', 'v'))).secret).not.toBe(secret);
  });
});

test.each([
  [
    'USER MAPPING',
    `"user" 'u',\n    password 'hu''sh',\n    anything 'hush'`,
    `"user" 'u',\n    password '********',\n    anything '********'`,
  ],
  ['USER MAPPING', `password E'hu\\\\s''h'`, `password '********'`],
  [
    'SERVER',
    `host 'a',\n    "Secret Key" 'hush',\n    api_token 'hush'`,
    `host 'a',\n    "Secret Key" '********',\n    api_token '********'`,
  ],
  ['FOREIGN TABLE', `t 'x',\n    password 'hush'`, `t 'x',\n    password '********'`],
  ['FOREIGN DATA WRAPPER', `debug 'true'`, `debug 'true'`],
])('options of a %s', (kind, options, shown) => {
  const sql = (text: string): string => `CREATE SOMETHING x OPTIONS (\n    ${text}\n);`;
  expect(maskSecrets(kind, sql(options)).text).toBe(sql(shown));
});

test('nothing else is touched', () => {
  const text = `CREATE TABLE t (password text DEFAULT 'hush');`;
  expect(maskSecrets('TABLE', text)).toEqual({ text, secret: '' });
});

test.each([
  ['app.api_key', true],
  ['custom.password', true],
  ['work_mem', false],
  ['search_path', false],
  ['password_encryption', false],
])('a setting %s is masked: %s', (name, masked) => {
  expect(maskSetting(name, 'value')).toEqual(
    masked ? { text: `'********'`, secret: 'value' } : { text: 'value', secret: '' },
  );
});
