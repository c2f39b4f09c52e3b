import { expect } from 'vitest';
import type { Comparison, DifferenceClass } from '../../lib/schema/compare/comparison.ts';
import type { Roles } from '../../lib/schema/read/roles.ts';
import { compareDatabases, type DatabaseServer } from './database-server.ts';

/** One drift between two databases, in a schema of its own. */
export interface Drift {
  readonly kind: string;
  /** Run in both, then one more in either. */
  readonly both?: string;
  readonly base?: string;
  readonly compared?: string;
  /** `table.name` or `name` of the object that differs. */
  readonly on: string;
  readonly class: DifferenceClass;
  /** What one of the changes says. */
  readonly says?: string;
  /** Of what is not in the drift's own schema; empty for what is in none. */
  readonly schema?: string;
}

const schemaOf = (index: number): string => `d${String(index).padStart(3, '0')}`;

interface Planting {
  /** A statement for both databases, in front of the drifts. */
  readonly shared?: string;
  /** Logical names of roles, of base and of compared. */
  readonly roles?: readonly [Roles, Roles];
}

/** Plants all drifts between two databases, `base` and `compared`, and expects each of them to be found and nothing else. */
export async function findDrifts(
  server: DatabaseServer,
  drifts: readonly Drift[],
  { shared = 'SELECT', roles = [{}, {}] }: Planting = {},
): Promise<Comparison> {
  const statements = (part: 'both' | 'base' | 'compared'): string[] =>
    drifts.flatMap(({ [part]: own = '' }, index) => {
      const schema = schemaOf(index);
      const make = part === 'both' ? `CREATE SCHEMA ${schema}; ` : '';
      const place = `${make}SET search_path = ${schema}, public`;
      return [...(make || own ? [place] : []), ...(own ? [own.replaceAll('$schema', schema)] : [])];
    });
  await server.create('base', shared, ...statements('both'));
  await server.query(
    'postgres',
    'DROP DATABASE IF EXISTS compared WITH (FORCE)',
    'CREATE DATABASE compared TEMPLATE base',
  );
  await server.query('base', ...statements('base'));
  await server.query('compared', ...statements('compared'));
  const comparison = await compareDatabases(
    server.source('base', roles[0]),
    server.source('compared', roles[1]),
  );
  const { differences, incomplete, verdict } = comparison;
  expect(incomplete).toEqual([]);

  // Where each drift is to be found, and where one was.
  const place = (kind: string, schema: string, name: string, how: string): string =>
    [kind, schema, name, how].join(' | ');
  const expected = drifts.map(({ kind, on, class: how, schema, says }, index) => {
    const own = (text: string): string => text.replaceAll('$schema', schemaOf(index));
    return { place: place(kind, schema ?? schemaOf(index), own(on), how), says: says && own(says) };
  });
  const found = differences.map(({ kind, schema, table, name, class: how, changes }) => {
    const full = [table, name].filter((part) => part !== undefined).join('.');
    return { place: place(kind, schema, full, how), changes };
  });
  expect(found.map((one) => one.place).sort()).toEqual(expected.map((one) => one.place).sort());

  const unsaid = expected.flatMap(({ place: where, says = '' }) => {
    const said = found.filter((one) => one.place === where).flatMap(({ changes }) => changes);
    return says === '' || said.some((change) => change.includes(says)) ? [] : [{ where, says, said }];
  });
  expect(unsaid).toEqual([]);
  for (const { changes, class: how } of differences) {
    expect(changes.length > 0).toBe(!how.startsWith('only in'));
  }

  expect(verdict).toBe('different');
  return comparison;
}
