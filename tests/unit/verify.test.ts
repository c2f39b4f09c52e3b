import { describe, expect, test } from 'vitest';
import { FailedError } from '../../lib/errors.ts';
import { renderCheckResults, renderCheckResultsJson } from '../../lib/output/render-check-results.ts';
import { lookAt, some, type CheckResult } from '../../lib/output/check-result.ts';
import * as checks from '../../lib/schema/verify/environment-checks.ts';
import type { VerifyFacts } from '../../lib/schema/verify/facts.ts';
import { SAMPLE, sample } from '../helpers/comparison.ts';

const answers =
  <T>(value: T) =>
  () =>
    Promise.resolve(value);

const facts = (parts: Partial<VerifyFacts> = {}): VerifyFacts => ({
  environment: 'vm_stg',
  database: 'core_stg',
  baseName: 'local_dev',
  base: undefined,
  reader: { role: 'app_readonly', schemas: ['mart', 'stg'] },
  command: (task, parameters = {}) =>
    ['make', task, ...Object.entries(parameters).map((pair) => pair.join('='))].join(' '),
  services: answers([{ service: 'db', healthy: true, state: 'running' }]),
  marker: answers('vm_stg'),
  ask: () => Promise.reject(new Error('no question was expected')),
  query: () => Promise.reject(new Error('no query was expected')),
  current: answers(['r2']),
  heads: answers({ heads: ['r2'], ends: ['r2'] }),
  severalHeads: false,
  comparison: answers(sample({ verdict: 'same', differences: [] })),
  ...parts,
});

const at = (current: string[]): Partial<VerifyFacts> => ({ current: answers(current) });
const base = (current: string[]): Partial<VerifyFacts> => ({
  base: facts({ ...at(current), environment: 'local_dev' }),
});

test.each<[check: Exclude<keyof typeof checks, 'withoutBase'>, parts: Partial<VerifyFacts>, line: string]>([
  ['stackUp', {}, '✓ db running'],
  ['stackUp', { services: answers([]) }, '✗ no service runs → make up ENV=vm_stg'],
  [
    'stackUp',
    {
      services: answers([
        { service: 'db', healthy: true, state: 'running' },
        { service: 'core_api', healthy: false, state: 'exited (1)' },
      ]),
    },
    '✗ core_api: exited (1) → make up ENV=vm_stg',
  ],
  ['markerRight', {}, '✓ marked for vm_stg'],
  ['markerRight', { marker: answers(undefined) }, '! the database is not marked yet → make up ENV=vm_stg'],
  [
    'markerRight',
    { marker: answers('vm_prod') },
    '✗ the database is marked for vm_prod, not for vm_stg → make db-mark-env ENV=vm_stg',
  ],
  ['oneHead', {}, '✓ r2'],
  ['oneHead', { heads: answers({ heads: [], ends: [] }) }, '✗ there are no revisions → check ALEMBIC_INI'],
  [
    'oneHead',
    { heads: answers({ heads: ['r2', 'r3'], ends: ['r2', 'r3'] }) },
    '✗ 2 heads: r2, r3 → alembic merge heads, then make al-heads; where they are kept on purpose: severalHeads: true in env/environments.ts',
  ],
  ['atHead', {}, '✓ r2'],
  ['atHead', at([]), '✗ has no revision, and head is r2 → make al-up-env ENV=vm_stg'],
  ['atHead', at(['r1']), '✗ is at r1, and head is r2 → make al-up-env ENV=vm_stg'],
  [
    'atHead',
    { ...at(['r2', 'r3']), heads: answers({ heads: ['r3', 'r2'], ends: ['r3', 'r2'] }) },
    '✓ r2, r3',
  ],
  [
    'atHead',
    { ...at([]), heads: answers({ heads: [], ends: [] }) },
    '✗ has no revision, and head is none → make al-up-env ENV=vm_stg',
  ],
  ['revisionOfBase', base(['r2']), '✓ as local_dev'],
  ['revisionOfBase', base(['r1']), '✗ vm_stg is at r2; local_dev is at r1 → make al-up-env ENV=local_dev'],
  [
    'revisionOfBase',
    { ...at(['r1']), ...base(['r2']) },
    '✗ vm_stg is at r1; local_dev is at r2 → make al-up-env ENV=vm_stg',
  ],
  [
    'revisionOfBase',
    { ...at([]), ...base([]) },
    '✗ vm_stg has no revision; local_dev has no revision → make al-up-env ENV=vm_stg',
  ],
  ['revisionOfBase', { baseName: undefined }, '– needs BASE=<environment>'],
  ['revisionOfBase', { baseName: 'x.dump' }, '– x.dump is a file, and says no revision'],
  ['schemaSame', {}, "✓ as local_dev: 1,262 objects; ignored: 3, accepted by the registry's patterns"],
  [
    'schemaSame',
    { comparison: answers(SAMPLE) },
    "✗ 8 of 1,270 objects differ from local_dev; ignored: 3, accepted by the registry's patterns → make db-diff-schema-env ENV=vm_stg BASE=local_dev VERBOSE=1",
  ],
  [
    'schemaSame',
    {
      comparison: answers(
        sample({ verdict: 'incomplete', incomplete: ['no a', 'no b', 'no c'], ignored: [] }),
      ),
    },
    '✗ could not be read in full: no a, no b and 1 more → make db-diff-schema-env ENV=vm_stg BASE=local_dev VERBOSE=1',
  ],
  [
    'schemaSame',
    {
      comparison: answers(
        sample({ verdict: 'same', ignored: [], privileges: 'left out', limits: ['no locale'] }),
      ),
    },
    '✓ as local_dev: 1,262 objects; owners, privileges and roles were not compared; no locale',
  ],
  ['schemaSame', { baseName: undefined }, '– needs BASE=<environment>'],
  [
    'schemaSame',
    { comparison: () => Promise.reject(new FailedError('pg_dump failed', { hint: 'make up' })) },
    '✗ pg_dump failed → make up',
  ],
  ['oneHead', { heads: () => Promise.reject(new Error('no Python')) }, '✗ no Python'],
])('%s: %j', async (name, parts, line) => {
  const result = await lookAt(checks[name], facts(parts));
  const text = renderCheckResults([result], (_, content) => content);
  expect(text.replace(`${result.check}  `, '').replace(/\n +→/, ' →')).toBe(line);
});

describe('the table', () => {
  const results: CheckResult[] = [
    { check: 'stack up', state: 'passed', found: 'db running' },
    { check: 'marker', state: 'warning', found: 'none yet', remedy: 'make it' },
    { check: 'materialized views', state: 'failed', found: 'mart."a\nb"', remedy: 'REFRESH' },
    { check: 'schema', state: 'skipped', found: 'needs BASE' },
  ];

  test('for a person', () => {
    expect(`\n${renderCheckResults(results, (_, text) => text)}\n`).toMatchInlineSnapshot(`
      "
      ✓ stack up            db running
      ! marker              none yet
                            → make it
      ✗ materialized views  mart."a\\nb"
                            → REFRESH
      – schema              needs BASE
      "
    `);
  });

  test('for a program', () => {
    expect(JSON.parse(renderCheckResultsJson('vm_stg', undefined, results))).toMatchInlineSnapshot(`
      {
        "base": null,
        "checks": [
          {
            "check": "stack up",
            "found": "db running",
            "remedy": null,
            "state": "passed",
          },
          {
            "check": "marker",
            "found": "none yet",
            "remedy": "make it",
            "state": "warning",
          },
          {
            "check": "materialized views",
            "found": "mart."a
      b"",
            "remedy": "REFRESH",
            "state": "failed",
          },
          {
            "check": "schema",
            "found": "needs BASE",
            "remedy": null,
            "state": "skipped",
          },
        ],
        "environment": "vm_stg",
        "format": 1,
        "passed": false,
      }
    `);
    const well = renderCheckResultsJson('vm_stg', 'local_dev', results.slice(0, 2));
    expect(JSON.parse(well)).toMatchObject({ passed: true, base: 'local_dev' });
  });
});

test.each([
  [[], ''],
  [['a', 'b'], 'a, b'],
  [['a', 'b', 'c'], 'a, b and 1 more'],
])('some of %j', (names, text) => {
  expect(some(names, 2)).toBe(text);
});
