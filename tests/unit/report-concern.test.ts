import { describe, expect, test } from 'vitest';
import type { Difference } from '../../lib/schema/compare/comparison.ts';
import { concernOf, concernOfChange, type Concern } from '../../lib/schema/report/concern.ts';
import { overviewOf } from '../../lib/schema/report/overview.ts';
import { renderTerminal } from '../../lib/schema/report/terminal.ts';
import { difference, sample } from '../helpers/comparison.ts';

const DEFINER = 'CREATE FUNCTION m.f() RETURNS integer\n    LANGUAGE sql SECURITY DEFINER\n    AS $$1$$;';

test.each<[concern: Concern, parts: Partial<Difference>, change: string]>([
  ['access', { class: 'owner' }, 'owner <owner> → app'],
  ['access', { class: 'privileges' }, 'PUBLIC: SELECT only in stg'],
  ['access', { kind: 'ROLE' }, 'attributes LOGIN → LOGIN SUPERUSER'],
  ['access', { kind: 'ROLE', class: 'only in compared' }, ''],
  ['access', { kind: 'POLICY', class: 'only in base' }, ''],
  ['access', { kind: 'TABLE' }, 'ENABLE ROW LEVEL SECURITY only in dev'],
  ['access', { kind: 'TABLE' }, 'FORCE ROW LEVEL SECURITY only in dev'],
  ['access', { kind: 'VIEW' }, 'security_invoker true only in dev'],
  ['access', { kind: 'FUNCTION' }, 'security true only in dev'],
  ['access', { kind: 'FUNCTION', class: 'only in base', base: DEFINER }, ''],
  ['access', { kind: 'FUNCTION', base: DEFINER, compared: DEFINER }, 'body 1 → 2'],
  ['access', { kind: 'USER MAPPING' }, 'a password or connection string differs (masked)'],
  ['access', { kind: 'PUBLICATION TABLE', class: 'only in compared' }, ''],
  ['integrity', { kind: 'FK CONSTRAINT', class: 'only in base' }, ''],
  ['integrity', { kind: 'FK CONSTRAINT' }, 'its triggers on m.t disabled only in stg'],
  ['integrity', { kind: 'TRIGGER' }, 'ENABLE TRIGGER g → DISABLE TRIGGER g'],
  ['integrity', { kind: 'INDEX', class: 'only in base', base: 'CREATE UNIQUE INDEX i ON m.t (a);' }, ''],
  ['integrity', { kind: 'INDEX' }, 'invalid only in stg'],
  ['integrity', { kind: 'TABLE' }, 'column a integer NOT NULL → integer'],
  ['integrity', { kind: 'TABLE' }, 'column a integer NOT NULL → integer NOT NULL NOT VALID'],
  ['integrity', { kind: 'TABLE' }, 'constraint c CHECK ((a > 0)) only in dev'],
  ['integrity', { kind: 'TABLE' }, 'constraint c CHECK ((a > 0)) → CHECK ((a > 0)) NOT VALID'],
  ['integrity', { kind: 'TABLE' }, 'DETACH PARTITION CONCURRENTLY from m.p was interrupted only in stg'],
  ['integrity', { kind: 'DOMAIN' }, 'constraint c CHECK ((VALUE > 0)) → CHECK ((VALUE > 1))'],
  ['definition', { kind: 'TABLE' }, 'column a integer NOT NULL → bigint NOT NULL'],
  ['definition', { kind: 'TABLE' }, 'column a integer NOT NULL only in dev'],
  ['definition', { kind: 'TABLE', class: 'only in base', base: 'CREATE TABLE m.t ();' }, ''],
  ['definition', { kind: 'TABLE', class: 'constraint name' }, 'constraint c → d'],
  ['definition', { kind: 'CONSTRAINT', class: 'constraint name' }, 'constraint c → d'],
  ['definition', { kind: 'TABLE', class: 'column order' }, 'columns in another order: a, b → b, a'],
  ['definition', { kind: 'FUNCTION', base: 'AS $$SECURITY DEFINER$$' }, 'body SECURITY → DEFINER'],
  ['definition', { kind: 'DATABASE SETTING' }, 'public → mart'],
  ['definition', { kind: 'INDEX', class: 'only in base', base: 'CREATE INDEX i ON m.t (a);' }, ''],
  ['storage', { kind: 'TABLE', class: 'storage' }, 'tablespace fast only in dev'],
  ['storage', { kind: 'TABLE', class: 'comment' }, "comment 'NOT NULL' only in dev"],
  ['storage', { kind: 'CONSTRAINT', class: 'comment' }, 'comment x → y'],
])('%s: %j %s', (concern, parts, change) => {
  expect(concernOfChange(difference(parts), change)).toBe(concern);
});

test('a difference matters as much as the gravest of its changes', () => {
  const changes = ['column b text only in dev', 'column a integer NOT NULL → integer'];
  expect(concernOf(difference({ changes }))).toBe('integrity');
});

describe('the overview', () => {
  const COMPARISON = sample({
    differences: [
      ...Array.from({ length: 5 }, (_, at) =>
        difference({ name: `t${at}`, class: 'privileges', changes: ['app: SELECT only in vm_stg'] }),
      ),
      difference({
        name: 'z',
        class: 'privileges',
        changes: ['PUBLIC: SELECT only in vm_stg', 'app: INSERT only in vm_stg'],
      }),
      difference({
        name: 'both',
        changes: ['column b text only in vm_stg', 'column a integer NOT NULL → integer'],
      }),
      difference({ name: 'gone', class: 'only in base', base: 'CREATE TABLE m.gone ();' }),
    ],
  });

  test('counts changes by what they mean, everybody first', () => {
    const parts = overviewOf(COMPARISON).map(({ concern, count, lines }) => [
      concern,
      count,
      ...lines.map(({ difference: { name }, text }) => `${name}: ${text}`),
    ]);
    expect(parts).toEqual([
      [
        'access',
        7,
        'z: PUBLIC: SELECT only in vm_stg',
        't0: app: SELECT only in vm_stg',
        't1: app: SELECT only in vm_stg',
      ],
      ['integrity', 1, 'both: column a integer NOT NULL → integer'],
      ['definition', 2, 'gone: only in local_dev', 'both: column b text only in vm_stg'],
    ]);
  });

  test('stands in front of all on a terminal, three lines each, and the long list is for those who ask', () => {
    const text = renderTerminal(COMPARISON, { verbose: false, style: (_, shown) => shown });
    const lines = text.split('\n');
    expect(lines.indexOf('data could be read or written by somebody else: 7 changes')).toBe(5);
    expect(lines.slice(6, 10)).toEqual([
      '  ~ mart.z: PUBLIC: SELECT only in vm_stg',
      '  ~ mart.t0: app: SELECT only in vm_stg',
      '  ~ mart.t1: app: SELECT only in vm_stg',
      '  … and 4 more',
    ]);
    expect(text).not.toContain('mart.t4');
    expect(renderTerminal(COMPARISON, { verbose: true, style: (_, shown) => shown })).toContain('mart.t4');
  });
});
