import { describe, expect, test } from 'vitest';
import { maskSecrets, maskSetting } from '../../lib/schema/canonical/mask.ts';

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

describe('by their form, whatever the option is called', () => {
  const SECRETS = [
    'postgres://u:hush@h/d',
    'https://u:hu@sh@h',
    'amqp://u:hush@h:5672/%2f',
    'host=h password=hush',
    `host=h password = ''hush''`,
    'Server=h;Pwd=hush;Database=d',
    '{"password": "hush"}',
    'https://h/?access_key=hush',
    'Authorization: Bearer hushhushhush',
    'AKIAHUSHHUSHHUSHHUSH',
  ];
  const OTHERS = [
    'https://h/path',
    'postgres://u@h:5432/d',
    'host=h user=u',
    'a:b@c',
    'passenger',
    'token ring',
  ];

  test.each(['SERVER', 'FOREIGN DATA WRAPPER', 'FOREIGN TABLE', 'USER MAPPING'])('%s', (kind) => {
    const sql = (value: string): string =>
      `CREATE SOMETHING x OPTIONS (\n    "user" 'u',\n    "user" '${value}'\n);`;
    for (const secret of SECRETS) {
      const { text, secret: kept } = maskSecrets(kind, sql(secret));
      expect(text).toBe(sql('********'));
      expect(kept).toContain(secret);
    }
    for (const other of OTHERS) expect(maskSecrets(kind, sql(other)).text).toBe(sql(other));
  });

  test('settings, of a database and of a function', () => {
    const sql = (value: string): string =>
      `CREATE FUNCTION m.f() RETURNS text\n    LANGUAGE sql\n    SET search_path TO 'm'\n    SET "app.dsn" TO '${value}'\n    AS $$\n    SET x TO 'postgres://u:shown@h'\n$$;`;
    for (const secret of SECRETS) {
      expect(maskSetting('app.dsn', secret)).toEqual({ text: `'********'`, secret });
      expect(maskSecrets('FUNCTION', sql(secret)).text).toBe(sql('********'));
    }
    expect(maskSecrets('FUNCTION', sql('').replace('app.dsn', 'app.token')).text).toContain(
      `"app.token" TO '********'`,
    );
    for (const other of OTHERS) expect(maskSecrets('FUNCTION', sql(other)).text).toBe(sql(other));
  });
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
