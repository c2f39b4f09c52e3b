import { describe, expect, test } from 'vitest';
import {
  createStatement,
  privilegeStatements,
  settingStatements,
  type DatabaseAttributes,
  type DatabasePrivilege,
  type DatabaseSetting,
} from '../../lib/database/attributes.ts';
import { quoteName, quoteText } from '../../lib/sql/quote.ts';

const PLAIN: DatabaseAttributes = {
  oid: '16384',
  owner: 'app',
  encoding: 'UTF8',
  collate: 'C.UTF-8',
  ctype: 'C.UTF-8',
  provider: 'c',
  locale: null,
  icuRules: null,
  tablespace: null,
  connectionLimit: -1,
  isTemplate: false,
  privileges: null,
  comment: null,
  settings: [],
};
const create = (changes: Partial<DatabaseAttributes> = {}, name = 'core'): string =>
  createStatement({ ...PLAIN, ...changes }, name, 7);

test('nothing special', () => {
  expect(create()).toBe(
    `CREATE DATABASE "core" TEMPLATE template0 OWNER "app" ENCODING 'UTF8' ` +
      `LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ` +
      'CONNECTION LIMIT 7 ALLOW_CONNECTIONS false',
  );
  expect(privilegeStatements(PLAIN, 'core')).toEqual([]);
  expect(settingStatements(PLAIN, 'core')).toEqual([]);
});

describe('locale', () => {
  test.each<[what: string, changes: Partial<DatabaseAttributes>, clause: string]>([
    ['libc', { provider: 'c' }, `LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`],
    // https://www.postgresql.org/docs/14/sql-createdatabase.html knows no provider.
    ['before 15', { provider: null }, `'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`],
    [
      'icu',
      { provider: 'i', locale: 'ja-JP' },
      `LOCALE_PROVIDER icu ICU_LOCALE 'ja-JP' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`,
    ],
    [
      'icu with rules',
      { provider: 'i', locale: 'und', icuRules: "&a < 'b'" },
      `ICU_LOCALE 'und' ICU_RULES '&a < ''b''' LC_COLLATE`,
    ],
    [
      'builtin',
      { provider: 'b', locale: 'C.UTF-8' },
      `LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'`,
    ],
    ['two categories', { collate: 'ja_JP.utf8', ctype: 'C' }, `LC_COLLATE 'ja_JP.utf8' LC_CTYPE 'C'`],
    ['encoding', { encoding: 'EUC_JP' }, `ENCODING 'EUC_JP'`],
    ['tablespace', { tablespace: 'Fast' }, 'TABLESPACE "Fast"'],
    ['owner', { owner: 'o"wner' }, 'OWNER "o""wner"'],
  ])('%s', (_what, changes, clause) => {
    expect(create(changes)).toContain(clause);
  });

  test('no provider where the server knows none', () => {
    expect(create({ provider: null })).not.toContain('LOCALE_PROVIDER');
  });
});

test.each([
  ['core', '"core"'],
  ['Mixed Case', '"Mixed Case"'],
  ['qu"ote', '"qu""ote"'],
  [`'; DROP DATABASE x; --`, `"'; DROP DATABASE x; --"`],
  ['日本', '"日本"'],
])('the name %j', (name, quoted) => {
  expect(quoteName(name)).toBe(quoted);
  const attributes = { ...PLAIN, privileges: [], settings: [{ role: null, name: 'x', value: 'y' }] };
  const all = [
    create({}, name),
    ...privilegeStatements(attributes, name),
    ...settingStatements(attributes, name),
  ];
  expect(all).toHaveLength(3);
  for (const statement of all) expect(statement).toContain(` DATABASE ${quoted} `);
});

test.each([
  ['text', `'text'`],
  [`it's`, `'it''s'`],
  ['back\\slash', `E'back\\\\slash'`],
  ['line\nend', `'line\nend'`],
  ['', `''`],
])('the text %j is %s', (text, quoted) => {
  expect(quoteText(text)).toBe(quoted);
});

describe('privileges', () => {
  const grant = (changes: Partial<DatabasePrivilege>): DatabasePrivilege => ({
    grantee: 'reader',
    grantor: 'app',
    privilege: 'CONNECT',
    grantable: false,
    ...changes,
  });
  const REVOKE = 'REVOKE ALL ON DATABASE "core" FROM PUBLIC, "app"';

  test.each<[what: string, privileges: DatabasePrivilege[] | null, expected: string[]]>([
    ['the default ones', null, []],
    ['none at all', [], [REVOKE]],
    ['a role', [grant({})], [REVOKE, 'GRANT CONNECT ON DATABASE "core" TO "reader"']],
    ['PUBLIC', [grant({ grantee: null })], [REVOKE, 'GRANT CONNECT ON DATABASE "core" TO PUBLIC']],
    [
      'with grant option',
      [grant({ privilege: 'CREATE', grantable: true })],
      [REVOKE, 'GRANT CREATE ON DATABASE "core" TO "reader" WITH GRANT OPTION'],
    ],
    [
      'by another than the owner',
      [grant({ grantable: true }), grant({ grantee: 'third', grantor: 'reader', privilege: 'TEMPORARY' })],
      [
        REVOKE,
        'GRANT CONNECT ON DATABASE "core" TO "reader" WITH GRANT OPTION',
        'SET ROLE "reader"',
        'GRANT TEMPORARY ON DATABASE "core" TO "third"',
        'RESET ROLE',
      ],
    ],
    [
      'quotes in names',
      [grant({ grantee: 'a"b', grantor: 'c"d' })],
      [REVOKE, 'SET ROLE "c""d"', 'GRANT CONNECT ON DATABASE "core" TO "a""b"', 'RESET ROLE'],
    ],
  ])('%s', (_what, privileges, expected) => {
    expect(privilegeStatements({ ...PLAIN, privileges }, 'core')).toEqual(expected);
  });
});

describe('settings', () => {
  const set = (name: string, value: string, role: string | null = null): DatabaseSetting => ({
    role,
    name,
    value,
  });

  test.each<[setting: DatabaseSetting, statement: string]>([
    [set('work_mem', '64MB'), `ALTER DATABASE "core" SET "work_mem" TO '64MB'`],
    [set('TimeZone', 'Asia/Tokyo'), `ALTER DATABASE "core" SET "TimeZone" TO 'Asia/Tokyo'`],
    [set('app.title', `it's = "x"`), `ALTER DATABASE "core" SET "app.title" TO 'it''s = "x"'`],
    [set('app.path', 'C:\\x'), `ALTER DATABASE "core" SET "app.path" TO E'C:\\\\x'`],
    [set('app.empty', ''), `ALTER DATABASE "core" SET "app.empty" TO ''`],
    // A list of plain words, given as one text.
    [set('DateStyle', 'ISO, DMY'), `ALTER DATABASE "core" SET "DateStyle" TO 'ISO, DMY'`],
    [
      set('work_mem', '1GB', 'Batch"job'),
      `ALTER ROLE "Batch""job" IN DATABASE "core" SET "work_mem" TO '1GB'`,
    ],
    // Lists of names: each by itself.
    [
      set('search_path', 'mart, stg, public'),
      `ALTER DATABASE "core" SET "search_path" TO 'mart', 'stg', 'public'`,
    ],
    [set('search_path', '"$user", public'), `ALTER DATABASE "core" SET "search_path" TO '$user', 'public'`],
    [
      set('search_path', '"Sales, EU", "a""b"'),
      `ALTER DATABASE "core" SET "search_path" TO 'Sales, EU', 'a"b'`,
    ],
    [
      set('search_path', `"it's", "back\\slash"`),
      `ALTER DATABASE "core" SET "search_path" TO 'it''s', E'back\\\\slash'`,
    ],
    [set('search_path', 'mart,stg'), `ALTER DATABASE "core" SET "search_path" TO 'mart', 'stg'`],
    [set('search_path', 'mart'), `ALTER DATABASE "core" SET "search_path" TO 'mart'`],
    [set('search_path', '""'), `ALTER DATABASE "core" SET "search_path" TO ''`],
    [set('search_path', ''), `ALTER DATABASE "core" SET "search_path" TO ''`],
    [set('search_path', '日本, public'), `ALTER DATABASE "core" SET "search_path" TO '日本', 'public'`],
    [
      set('session_preload_libraries', 'auto_explain, "$libdir/x y"', 'dba'),
      `ALTER ROLE "dba" IN DATABASE "core" SET "session_preload_libraries" TO 'auto_explain', '$libdir/x y'`,
    ],
    [
      set('temp_tablespaces', 'fast, "Slow"'),
      `ALTER DATABASE "core" SET "temp_tablespaces" TO 'fast', 'Slow'`,
    ],
  ])('%j', (setting, statement) => {
    expect(settingStatements({ ...PLAIN, settings: [setting] }, 'core')).toEqual([statement]);
  });
});
