import { expect, test } from 'vitest';
import registry from '../../env/environments.ts';
import { candidates } from '../../lib/completion.ts';
import { loadTasks } from '../../lib/tasks.ts';

const tasks = await loadTasks();
const complete = (line: string, prefix?: string): string[] =>
  candidates(line.split(' '), tasks, registry, prefix);

test.each<[line: string, expected: string[]]>([
  ['db-res', ['db-reset-db-env', 'db-reset-volume-env']],
  ['up', []],
  ['up EN', ['ENV=']],
  ['up ENV=', ['ENV=local_dev', 'ENV=local_demo', 'ENV=vm_stg', 'ENV=vm_prod']],
  ['up ENV=vm_', ['ENV=vm_stg', 'ENV=vm_prod']],
  // Deprecated names are not offered.
  ['up ENV=st', []],
  ['ENV=vm_s', ['ENV=vm_stg']],
  ['up ENV=vm_stg EN', []],
  ['up FORCE=', []],
  ['db-reset-db-env FORCE=', ['FORCE=1', 'FORCE=0']],
  ['db-reset-db-env BACKUP=', ['BACKUP=first', 'BACKUP=skip']],
  ['db-dump-schema-env OUT=', []],
  ['logs FO', ['FOLLOW=']],
  ['up logs TI', ['TIMEOUT=']],
  ['nonsense ENV=vm_p', ['ENV=vm_prod']],
  ['constructor=', []],
])('make %s', (line, expected) => {
  expect(complete(line)).toEqual(expected);
});

test('every target and every variable of those that are typed', () => {
  expect(complete('')).toEqual(tasks.map(({ name }) => name));
  expect(complete('logs ')).toEqual(expect.arrayContaining(['S=', 'TAIL=', 'FOLLOW=', 'ENV=']));
});

test('with a prefix', () => {
  expect(complete('ms-db-reset-d', 'ms-')).toEqual(['ms-db-reset-db-env']);
  expect(complete('ms-up TIM', 'ms-')).toEqual(['TIMEOUT=']);
});
