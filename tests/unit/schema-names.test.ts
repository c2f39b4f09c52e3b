import { describe, expect, test } from 'vitest';
import { matches, titleOf } from '../../lib/schema/compare/ignore.ts';
import { closingParenthesis, identify, mapRoles } from '../../lib/schema/read/names.ts';
import { roleNames } from '../../lib/schema/read/roles.ts';
import { involvedRoles, type ServerRole } from '../../lib/schema/read/server-roles.ts';
import { thrownBy } from './support.ts';

describe('identify', () => {
  test.each<[kind: string, tag: string, definition: string, name: string, table?: string]>([
    ['TRIGGER', 't touch', 'CREATE TRIGGER touch BEFORE INSERT ON m.t …', 'touch', 't'],
    ['TRIGGER', 'a b c', 'CREATE TRIGGER "b c" BEFORE INSERT ON m.a …', 'b c', 'a'],
    ['TRIGGER', 'a b c', 'CREATE TRIGGER c BEFORE INSERT ON m."a b" …', 'c', 'a b'],
    ['CONSTRAINT', 'a b c', 'ALTER TABLE ONLY m."a b"\n    ADD CONSTRAINT c UNIQUE (x);', 'c', 'a b'],
    ['CONSTRAINT', 'a b c', 'ALTER TABLE ONLY m.a\n    ADD CONSTRAINT "b c" UNIQUE (x);', 'b c', 'a'],
    ['FK CONSTRAINT', 'a"b k', 'ALTER TABLE ONLY m."a""b"\n    ADD CONSTRAINT k …', 'k', 'a"b'],
    ['POLICY', 't so me', 'CREATE POLICY "so me" ON m.t USING (true);', 'so me', 't'],
    ['RULE', 't r', 'CREATE RULE r AS\n    ON INSERT TO m.t …', 'r', 't'],
    ['DEFAULT', 't a b', 'ALTER TABLE ONLY m.t ALTER COLUMN "a b" SET DEFAULT 1;', 'a b', 't'],
    ['PUBLICATION TABLE', 'p t', 'ALTER PUBLICATION p ADD TABLE ONLY m.t;', 'p', 't'],
    ['INDEX', 'i', 'CREATE UNIQUE INDEX i ON ONLY m.t USING btree (a);', 'i', 't'],
    ['INDEX', 'i ON x.y', 'CREATE INDEX "i ON x.y" ON m."t ""1""" USING btree (a);', 'i ON x.y', 't "1"'],
    [
      'OPERATOR',
      '===',
      'CREATE OPERATOR m.=== (\n    FUNCTION = f,\n    LEFTARG = integer,\n    RIGHTARG = numeric(1,2)\n);',
      '=== (integer, numeric(1,2))',
    ],
    [
      'OPERATOR',
      '@@',
      'CREATE OPERATOR m.@@ (\n    FUNCTION = f,\n    RIGHTARG = integer\n);',
      '@@ (NONE, integer)',
    ],
    ['OPERATOR FAMILY', 'f', 'CREATE OPERATOR FAMILY m.f USING btree;', 'f USING btree'],
    [
      'USER MAPPING',
      'USER MAPPING app SERVER s',
      'CREATE USER MAPPING FOR "<owner>" SERVER s;',
      '<owner> SERVER s',
    ],
    ['TABLE', 'a b', 'CREATE TABLE m."a b" ();', 'a b'],
  ])('%s %s', (kind, tag, definition, name, table) => {
    expect(identify({ kind, name: tag, definition })).toEqual(
      table === undefined ? { name } : { name, table },
    );
  });
});

test.each([
  ['(a (b) c) d', 8],
  [`(')' ")" '''(') d`, 14],
  ['(never closed', 13],
])('the end of %s', (sql, end) => {
  expect(closingParenthesis(sql, 0)).toBe(end);
});

test.each([
  [
    'POLICY',
    'CREATE POLICY p ON m.t TO zed, app, "Odd, x" USING ((a TO b));',
    'CREATE POLICY p ON m.t TO "<owner>", "Odd, x", zed USING ((a TO b));',
  ],
  [
    'POLICY',
    'CREATE POLICY p ON m.t AS RESTRICTIVE FOR SELECT TO app;',
    'CREATE POLICY p ON m.t AS RESTRICTIVE FOR SELECT TO "<owner>";',
  ],
  [
    'POLICY',
    `CREATE POLICY p ON m.t USING ((x = ' TO app'::text));`,
    `CREATE POLICY p ON m.t USING ((x = ' TO app'::text));`,
  ],
  ['USER MAPPING', 'CREATE USER MAPPING FOR app SERVER s;', 'CREATE USER MAPPING FOR "<owner>" SERVER s;'],
  ['FUNCTION', 'CREATE FUNCTION app() …', 'CREATE FUNCTION app() …'],
])('roles of a %s', (kind, definition, mapped) => {
  expect(mapRoles(kind, definition, (role) => (role === 'app' ? '<owner>' : role))).toBe(mapped);
});

describe('roleNames', () => {
  const roles = new Set(['app', 'reader', 'other']);

  test('the owner of the database is owner, others keep their names', () => {
    const logical = roleNames('vm_stg', { clerk: 'reader' }, 'app', roles);
    expect(['app', 'reader', 'other', 'PUBLIC'].map(logical)).toEqual([
      '<owner>',
      '<clerk>',
      'other',
      'PUBLIC',
    ]);
  });

  test('unless the registry says otherwise', () => {
    expect(roleNames('vm_stg', { owner: 'other' }, 'app', roles)('app')).toBe('app');
    expect(roleNames('vm_stg', { boss: 'app' }, 'app', roles)('app')).toBe('<boss>');
  });

  test.each<[stated: Record<string, string>, existing: Set<string>, why: string]>([
    [{ a: 'app', b: 'app' }, roles, 'app is both a and b'],
    [{ a: 'gone' }, roles, 'a is to be gone, and there is no such role'],
    [{}, new Set([...roles, '<owner>']), 'a role is really called <owner>'],
  ])('%j is refused', (stated, existing, why) => {
    const error = thrownBy(() => roleNames('vm_stg', stated, 'app', existing));
    expect(error).toMatchObject({ status: 78, message: `roles of vm_stg: ${why}` });
  });
});

test('roles bear on a database themselves, or by what they are members of', () => {
  const role = (name: string, involved: boolean, ...memberOf: string[]): ServerRole => ({
    name,
    involved,
    memberOf,
    facts: [],
  });
  const base = [role('a', true, 'b'), role('b', false, 'c'), role('c', false), role('d', false)];
  const compared = [role('a', false), role('d', false), role('e', true)];
  expect([...involvedRoles(base, compared)].sort()).toEqual(['a', 'b', 'c', 'e']);
  // Both on one server: the other environment's own role is in a group that has rights here.
  const [theirs, ours] = ['app_a', 'app_b'].map((name) => ({ ...role(name, true), asMember: true }));
  const owner = (name: string): ServerRole => ({ ...role('<owner>', true), role: name });
  expect([...involvedRoles([owner('app_b'), theirs!], [owner('app_a'), ours!])]).toEqual(['<owner>']);
  expect([...involvedRoles([owner('app_b'), theirs!], [owner('app_c'), ours!])]).toContain('app_a');
});

test.each([
  ['TABLE mart.tmp_*', 'TABLE mart.tmp_1', true],
  ['TABLE mart.tmp_*', 'TABLE mart.t', false],
  ['TABLE mart.tmp_*', 'FOREIGN TABLE mart.tmp_1', false],
  ['* mart.*', 'FK CONSTRAINT mart.t.k', true],
  ['TABLE m.a+b', 'TABLE m.aab', false],
  ['TABLE m.*', 'TABLE m.a\nb', true],
])('%s accepts %s: %s', (pattern, title, accepted) => {
  expect(matches(pattern, title)).toBe(accepted);
});

test.each([
  [{ kind: 'TRIGGER', schema: 'mart', table: 't', name: 'touch' }, 'TRIGGER mart.t.touch'],
  [{ kind: 'EXTENSION', schema: '', name: 'hstore' }, 'EXTENSION hstore'],
])('%j is %s', (object, title) => expect(titleOf(object)).toBe(title));
