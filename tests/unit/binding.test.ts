import { expect, test } from 'vitest';
import { Binding } from '../../lib/stack/alembic/binding.ts';
import { headsOf } from '../../lib/stack/alembic/heads.ts';
import { hasLanded } from '../../lib/migrations/landing.ts';
import { needOfBinding, readsOnly } from '../../lib/stack/alembic/run-alembic.ts';

test.each([
  ['heads', 'where possible'],
  ['history', 'none'],
  ['current', 'where possible'],
  ['revision --message=x', 'where possible'],
  ['revision --autogenerate --message=x', 'always'],
  ['upgrade head', 'always'],
  ['downgrade base', 'always'],
  ['stamp head', 'always'],
  ['check', 'always'],
  ['ensure_version', 'always'],
  // What is not known may write; an option in front is not looked behind.
  ['tomorrow', 'always'],
  ['-x tenant=1 heads', 'always'],
])('alembic %s is bound: %s', (words, need) => {
  expect(needOfBinding(words.split(' '))).toBe(need);
});

test.each([
  ['heads', true],
  ['current', true],
  ['current --verbose', true],
  ['check', false],
  ['upgrade head', false],
  ['revision --message=x', false],
  // What is not known may write; an option in front is not looked behind.
  ['tomorrow', false],
  ['-x tenant=1 current', false],
])('alembic %s may run where the application does: %s', (words, may) => {
  expect(readsOnly(words.split(' '), {})).toBe(may);
});

test('not where the files are asked for that what migrates will read', () => {
  expect(readsOnly(['current'], { trace: { also: [] } })).toBe(false);
});

/** The word that the program puts in front of its lines, as it is told it. */
const wordOf = (binding: Binding): string => binding.program(undefined).match(/makesafe-[0-9a-f]{24} /)![0];

test('what the program reports is taken out of what alembic printed', () => {
  const binding = new Binding(null);
  const word = wordOf(binding);
  const plan = (...plan: string[]): string =>
    `${word}${JSON.stringify({ plan, table: 'alembic_version', schema: null, steps: plan.length })}\n`;
  const stderr = `INFO one\n${plan('a')}half a line ${plan('b')}INFO two\n${word}{"bound": 2}\n`;
  const { stderr: own, ...rest } = binding.read({ status: 0, stdout: 'out\n', stderr });
  expect(own).toBe('INFO one\nhalf a line INFO two\n');
  expect(rest).toEqual({ status: 0, stdout: 'out\n' });
  // What was tried before an error was caught is of no account.
  expect(binding.plans).toEqual([{ plan: ['b'], table: 'alembic_version', schema: null, steps: 1 }]);
  expect(binding.bound).toBe(2);
  expect(binding.refusal).toBe(undefined);
});

test('heads come from the reports, whatever is printed', () => {
  const binding = new Binding(null);
  const word = wordOf(binding);
  const stderr = `INFO (head)\n${word}{"heads": ["a", "b"], "ends": ["b"]}\n`;
  binding.read({ status: 0, stdout: 'loaded the view definitions\nx (head)\n', stderr });
  expect(binding.heads).toEqual({ heads: ['a', 'b'], ends: ['b'] });
});

// Only where alembic is no script of Python its own words are all that there is.
test.each<[output: string, ids: string[]]>([
  ['', []],
  ['\n', []],
  ['20251211_140000000 (head)\n', ['20251211_140000000']],
  ['ae1027a6acf (head) (mergepoint)\n', ['ae1027a6acf']],
  ['ae1027a6acf (shop) (head)\n', ['ae1027a6acf']],
  ['abc (effective head)\r\ndef (head)\r\n', ['abc', 'def']],
  ['loaded the view definitions\nINFO  [alembic] one\nabc (head)\n', ['abc']],
  ['the head (head) is\n  abc (head)\n', []],
])('%j: %j', (output, heads) => {
  expect(headsOf(output).heads).toEqual(heads);
});

test('lines are shown without them', () => {
  const binding = new Binding(null);
  const word = wordOf(binding);
  expect(binding.own('INFO one')).toBe('INFO one');
  expect(binding.own(`${word}{"bound": 2}`)).toBe(undefined);
  expect(binding.own(`half a line ${word}{"bound": 2}`)).toBe('half a line ');
  // Another run's word is nobody's.
  expect(new Binding(null).own(`${word}{}`)).toBe(`${word}{}`);
});

test('a name of any characters reaches Python whole, in ASCII', () => {
  const database = '倉庫"\'\\\n\u{1f4e6}';
  const expected = { database, oid: '1', systemIdentifier: null, started: '2', marker: 'vm_stg' };
  const program = new Binding(expected).program('/opt/my app/alembic');
  expect(program).toMatch(/^[\n\x20-\x7e]*$/);
  const [, quoted] = program.match(/\nmain\(json\.loads\((".*")\)\)\n$/)!;
  expect(JSON.parse(JSON.parse(quoted!) as string)).toMatchObject({
    expected,
    script: '/opt/my app/alembic',
  });
});

test.each([
  [['a', 'b'], [['a', 'b']], true],
  [[], [], true],
  [[], [[]], true],
  [[], [['a']], false],
  [['a'], [], false],
  [['a'], [['b'], ['a']], true],
])('planned %j, found %j: %s', (planned, found, landed) => {
  expect(hasLanded({ planned, found })).toBe(landed);
});
