import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { pair } from '../../lib/schema/compare/change.ts';
import { excerpt } from '../../lib/schema/compare/excerpt.ts';
import { compare } from '../../lib/schema/compare/compare.ts';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { fact, type Grant, type SchemaObject } from '../../lib/schema/read/objects.ts';
import type { Side } from '../../lib/schema/read/read.ts';
import { loadParser } from '../../lib/sql/syntax.ts';

beforeAll(() => loadParser());

const side = (label: string, objects: readonly SchemaObject[], more: Partial<Side> = {}): Side => ({
  summary: { label, source: 'environment', database: 'core', serverVersion: '17.10', pgDumpVersion: '18.3' },
  ...{ objects, roles: [], incomplete: [], ...more },
});

const object = (
  kind: string,
  name: string,
  definition = '',
  more: Partial<SchemaObject> = {},
): SchemaObject => ({
  ...{ kind, schema: 'mart', name, definition, secret: '', facts: [], comments: [], privileges: [], ...more },
});

const of = (base: SchemaObject[], compared: SchemaObject[], ignore: string[] = []): Comparison =>
  compare(side('dev', base), side('stg', compared), { ignore, privileges: 'compared', limits: [] });

const grant = (grantee: string, privilege = 'SELECT', revoked = false): Grant => ({
  column: '',
  grantee,
  privilege,
  revoked,
});

test('order means nothing, and objects of one name are paired by what they say', () => {
  const [one, two, three] = ['1', '2', '3'].map((n) =>
    object('CAST', 'c', `CREATE CAST (m.a AS m.b${n}) WITHOUT FUNCTION;`),
  );
  expect(of([one!, two!], [two!, one!]).verdict).toBe('same');
  expect(of([one!, two!, three!], [three!, one!])).toMatchObject({
    verdict: 'different',
    differences: [{ kind: 'CAST', class: 'only in base', base: two!.definition }],
    objects: [{ kind: 'CAST', identical: 2, different: 1 }],
  });
});

test('a side that could not be read in full makes the verdict incomplete, whatever else there is', () => {
  const unread = side('stg', [], { incomplete: ['2 subscriptions are hidden'] });
  const options = { ignore: [], privileges: 'compared', limits: [] } as const;
  expect(compare(side('dev', []), unread, options)).toMatchObject({
    verdict: 'incomplete',
    incomplete: ['stg: 2 subscriptions are hidden'],
  });
  const found = compare(side('dev', [object('TABLE', 't')]), unread, options);
  expect(found).toMatchObject({ verdict: 'incomplete', differences: [{ name: 't' }] });
});

test('a definition that no parser knows is compared as text', () => {
  expect(
    of([object('WIDGET', 'w', 'CREATE WIDGET 1')], [object('WIDGET', 'w', 'CREATE WIDGET 2')]).differences,
  ).toMatchObject([{ class: 'definition', changes: ['CREATE WIDGET 1 → CREATE WIDGET 2'] }]);
});

test('masked secrets are compared and not shown', () => {
  const mapping = (secret: string): SchemaObject =>
    object('USER MAPPING', 'u', 'CREATE USER MAPPING …', { secret });
  expect(of([mapping('hush')], [mapping('hush')]).verdict).toBe('same');
  const different = of([mapping('hush')], [mapping('hush!')]);
  expect(different.differences).toMatchObject([{ changes: [expect.stringContaining('masked')] }]);
  expect(JSON.stringify(different)).not.toContain('hush');
});

test('each class of one object is a difference of its own', () => {
  const base = object(
    'TABLE',
    't',
    'CREATE TABLE mart.t (\n    a integer,\n    b integer,\n    CONSTRAINT c CHECK ((a > 0))\n);',
    {
      owner: '<owner>',
      facts: [fact('storage', 'tablespace', 'slow')],
    },
  );
  const compared = object(
    'TABLE',
    't',
    'CREATE TABLE mart.t (\n    b integer,\n    a integer NOT NULL,\n    CONSTRAINT d CHECK ((a > 0))\n);',
    {
      owner: 'app',
      comments: [`COMMENT ON TABLE mart.t IS 'x';`],
      privileges: [grant('reader'), grant('PUBLIC', 'INSERT', true)],
    },
  );
  expect(of([base], [compared]).differences.map(({ class: kind, changes }) => [kind, changes])).toEqual([
    ['column order', ['columns in another order: a, b → b, a']],
    ['comment', [`comment 'x' only in stg`]],
    ['constraint name', ['constraint c → d']],
    ['definition', ['column a integer → integer NOT NULL']],
    ['owner', ['owner <owner> → app']],
    ['privileges', ['PUBLIC: INSERT only in dev', 'reader: SELECT only in stg']],
    ['storage', ['tablespace slow only in dev']],
  ]);
});

test('whatever differs, both sides are seen in a line that is not too long', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 600 }),
      fc.string({ minLength: 1, maxLength: 300 }),
      fc.string({ maxLength: 600 }),
      (before, part, after) => {
        const shown = excerpt(`${before}«${part}${after}`, `${before}»${part}${after}`);
        expect(shown).toMatch(/«.* → .*»/su);
        expect(shown.length).toBeLessThan(360);
      },
    ),
  );
});

test('names that look alike are told apart', () => {
  const table = (name: string): SchemaObject =>
    object('TABLE', name, `CREATE TABLE mart."${name}" (a integer);`);
  const { differences } = of([table('caf\u00e9'), table('b')], [table('cafe\u0301'), table('c')]);
  expect(differences.map(({ name, changes }) => [name, ...changes])).toEqual(
    [
      ['b'],
      ['cafe\u0301', 'spelled cafe\\u{301}, unlike one that looks the same'],
      ['caf\u00e9', 'spelled caf\\u{e9}, unlike one that looks the same'],
      ['c'],
    ].sort(),
  );
  // Also where there is no other one on the other side.
  expect(of([table('\u0430dmin')], []).differences[0]!.changes[0]).toContain('spelled \\u{430}dmin');
  expect(of([table('受入')], []).differences[0]!.changes).toEqual([]);
  const column = (name: string): SchemaObject =>
    object('TABLE', 't', `CREATE TABLE mart.t (\n    "${name}" integer\n);`);
  expect(of([column('カ')], [column('力')]).differences[0]!.changes).toEqual([
    'column \\u{30ab} integer only in dev',
    'column \\u{529b} integer only in stg',
  ]);
});

test.each([
  ["SET search_path TO 'a', 'b'", `SET search_path TO 'a, b'`, 'setting search_path a, b → "a, b"'],
])('%s is not %s', (one, other, said) => {
  const f = (setting: string): SchemaObject =>
    object('FUNCTION', 'f()', `CREATE FUNCTION mart.f() RETURNS integer LANGUAGE sql ${setting} AS $$1$$;`);
  expect(of([f(one)], [f(other)]).differences[0]!.changes).toEqual([said]);
});

test('a setting that reads like a statement is compared as text', () => {
  const setting = (value: string): SchemaObject => object('DATABASE SETTING', 'app.check', value);
  expect(of([setting('SELECT 1')], [setting('select 1')]).differences).toMatchObject([
    { changes: ['SELECT 1 → select 1'] },
  ]);
});

describe('what is ignored', () => {
  const function_ = (more: Partial<SchemaObject>): SchemaObject =>
    object(
      'FUNCTION',
      'f()',
      'CREATE FUNCTION mart.f() RETURNS integer LANGUAGE sql SECURITY DEFINER AS $$1$$;',
      more,
    );

  test('is counted by pattern, the first that matches', () => {
    const found = of(
      [object('TABLE', 'tmp_1'), object('TABLE', 't')],
      [],
      ['TABLE mart.tmp_*', 'TABLE *', 'VIEW *'],
    );
    expect(found).toMatchObject({
      verdict: 'same',
      ignored: [{ count: 1 }, { count: 1 }, { count: 0 }],
      objects: [{ kind: 'TABLE', ignored: 2, different: 0 }],
    });
  });

  test.each<[what: string, base: SchemaObject, compared: SchemaObject]>([
    ['a grant to PUBLIC', object('TABLE', 't'), object('TABLE', 't', '', { privileges: [grant('PUBLIC')] })],
    [
      'a grant option',
      object('TABLE', 't'),
      object('TABLE', 't', '', { privileges: [grant('r', 'SELECT WITH GRANT OPTION')] }),
    ],
    ['the owner of a SECURITY DEFINER function', function_({ owner: 'a' }), function_({ owner: 'b' })],
    [
      'default privileges',
      object('DEFAULT ACL', 'd', '', { implicit: true }),
      object('DEFAULT ACL', 'd', '', { privileges: [grant('r')] }),
    ],
  ])('is never %s', (_what, base, compared) => {
    expect(of([base], [compared], ['*'])).toMatchObject({ verdict: 'different', ignored: [{ count: 0 }] });
  });

  test('may be an ordinary grant', () => {
    const granted = object('TABLE', 't', '', { privileges: [grant('reader')] });
    expect(of([object('TABLE', 't')], [granted], ['TABLE mart.t']).verdict).toBe('same');
  });
});

test.each([
  ['a', 'b', 'a → b'],
  ['', 'b', '(none) → b'],
  ['a\n  b', 'a b', 'differs in white space or spelling'],
  [`${'word '.repeat(60)}one tail`, `${'word '.repeat(60)}two tail`, '… word one … → … word two …'],
  // The difference is seen on both sides, however long the words are.
  [
    `${'x'.repeat(400)}a${'y'.repeat(400)}`,
    `${'x'.repeat(400)}b${'y'.repeat(400)}`,
    `…${'x'.repeat(20)}a${'y'.repeat(20)}… → …${'x'.repeat(20)}b${'y'.repeat(20)}…`,
  ],
  ['caf\u00e9', 'cafe\u0301', 'caf\\u{e9} → cafe\\u{301}'],
  ['admin', '\u0430dmin', 'admin → \\u{430}dmin'],
  ['a b', 'a\u00a0b', 'a b → a\\u{a0}b'],
  ['受入', '出荷', '受入 → 出荷'],
])('excerpt', (one, other, shown) => {
  expect(excerpt(one, other)).toBe(shown);
});

test('pair keeps what is there more often', () => {
  expect(pair(['a', 'b', 'b'], ['b', 'c', 'b', 'b'], (one) => one)).toEqual({
    both: [
      ['b', 'b'],
      ['b', 'b'],
    ],
    first: ['a'],
    second: ['b', 'c'],
  });
});
