import { expect, test } from 'vitest';
import { renderDocument, type Cell } from '../../bench/fault-table.ts';
import { applies, FAULTS, judge, type Outcome } from '../helpers/faults.ts';

const between = { between: 'core__new' };
const whole = { state: 'new', status: 0 } as const;

test.each<[outcome: Partial<Outcome>, cell: string]>([
  [{}, 'old whole'],
  [{ first: 'new' }, 'new whole'],
  [{ first: between }, 'repaired'],
  [{ second: undefined }, 'old whole'],
  [{ second: { state: 'new', status: 1 } }, 'FAILED (old → new, 1)'],
  [{ first: between, second: { state: between, status: 0 } }, 'FAILED (core__new → core__new, 0)'],
  // A run that ended well before its fault says nothing.
  [{ met: false, first: 'new' }, 'FAILED (the fault did not happen)'],
])('%j is %s', (outcome, cell) => {
  const all: Outcome = { met: true, first: 'old', status: 1, second: whole, said: '', ...outcome };
  expect(judge(all)).toEqual({ cell, failed: cell.startsWith('FAILED') });
});

const AT_SERVER = ['task killed', 'connection lost', 'error answer', 'server restarted'];
test.each<[label: string, faults: readonly string[]]>([
  ['SELECT 1', AT_SERVER],
  ['COPY t FROM stdin;', [...AT_SERVER, 'disk full']],
  ['$ git describe', ['task killed', 'child killed', 'error answer']],
  ['engine GET /containers/json', ['task killed', 'connection lost', 'error answer']],
  ['$ exec pg_restore --list', ['task killed', 'child killed', 'error answer']],
  ['$ exec pg_restore --verbose -U app -d dbname=core', FAULTS],
  ['$ python -m alembic -c alembic.ini upgrade head', FAULTS],
])('what can happen at %s', (label, faults) => {
  const found = FAULTS.filter((fault) => applies(fault, { label, nth: 1 }, false));
  expect(found).toEqual(FAULTS.filter((fault) => faults.includes(fault)));
});

test('steps of the same name and outcome are one line, and the totals count what was tried', () => {
  const common = { stack: 'embedded', command: 'backup', date: '2026-11-24', server: 'PostgreSQL 17.10' };
  const cell = (number: number, nth: number, fault: Cell['fault'], outcome: string): Cell => ({
    ...{ ...common, number, nth, fault, label: 'SHOW a|b', cell: outcome },
  });
  const document = renderDocument([
    ...[cell(1, 1, 'task killed', 'old whole'), cell(2, 2, 'task killed', 'old whole')],
    ...[cell(3, 3, 'task killed', 'repaired'), cell(3, 3, 'disk full', '·')],
  ]);
  expect(document).toContain('3 runs into a fault: 2 old whole, 0 new whole, 1 repaired, 0 FAILED');
  expect(document).toContain('| `SHOW a¦b` (2 ×) | old whole |  |  |  |  |  |');
  expect(document).toContain('| `SHOW a¦b` | repaired |  |  |  | · |  |');
});
