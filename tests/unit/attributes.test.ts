import { describe, expect, test } from 'vitest';
import {
  createStatements,
  quoteName,
  quoteText,
  type DatabaseAttributes,
  type DatabasePrivilege,
  type DatabaseSetting,
} from '../../lib/database/attributes.ts';

const PLAIN: DatabaseAttributes = {
  oid: '16384',
  owner: 'app',
  encoding: 'UTF8',
  collate: 'C.UTF-8',
  ctype: 'C.UTF-8',
  provider: 'c',
  locale: null,
  icuRules: null,
  tablespace: 'pg_default',
  connectionLimit: -1,
  isTemplate: false,
  privileges: null,
  comment: null,
  settings: [],
};
const statements = (changes: Partial<DatabaseAttributes> = {}, name = 'core'): string[] =>
  createStatements({ ...PLAIN, ...changes }, name);
const create = (changes: Partial<DatabaseAttributes>): string => statements(changes)[0]!;
/** What follows CREATE DATABASE. */
const rest = (changes: Partial<DatabaseAttributes>): string[] => statements(changes).slice(1);

test('nothing special', () => {
  expect(statements()).toEqual([
    `CREATE DATABASE "core" TEMPLATE template0 OWNER "app" ENCODING 'UTF8' ` +
      `LOCALE_PROVIDER libc LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' ` +
      'TABLESPACE "pg_default" CONNECTION LIMIT -1 ALLOW_CONNECTIONS false',
  ]);
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
    ['connection limit', { connectionLimit: 20 }, 'CONNECTION LIMIT 20'],
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
  const all = statements(
    { comment: 'c', privileges: [], settings: [{ role: null, name: 'x', value: 'y' }] },
    name,
  );
  expect(all).toHaveLength(4);
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
  expect(rest({ comment: text })).toEqual([`COMMENT ON DATABASE "core" IS ${quoted}`]);
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
    expect(rest({ privileges })).toEqual(expected);
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
    expect(rest({ settings: [setting] })).toEqual([statement]);
  });
});

test('everything, in an order that works', () => {
  const all = statements({
    privileges: [{ grantee: null, grantor: 'app', privilege: 'CONNECT', grantable: false }],
    comment: 'for x; makesafe.environment=vm_stg',
    settings: [
      { role: null, name: 'work_mem', value: '8MB' },
      { role: 'r', name: 'work_mem', value: '9MB' },
    ],
  });
  expect(all.map((statement) => statement.split(' ').slice(0, 2).join(' '))).toEqual([
    ...['CREATE DATABASE', 'REVOKE ALL', 'GRANT CONNECT', 'COMMENT ON', 'ALTER DATABASE', 'ALTER ROLE'],
  ]);
  // Whoever opens it decides on these.
  expect(all.join()).not.toMatch(/IS_TEMPLATE|ALLOW_CONNECTIONS true/);
});
