import { join } from 'node:path';
import { expect, test } from 'vitest';
import registry from '../../env/environments.ts';
import { valuesOf } from '../../lib/cli/completion-values.ts';
import { candidates } from '../../lib/cli/completion.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';

const tasks = await loadTasks();
const ROOT = join(import.meta.dirname, '../..');
const complete = (line: string, prefix?: string): string[] => {
  const words = line.split(' ');
  const typed = { root: ROOT, registry, tasks: tasks.map(({ name }) => name), words: words.slice(0, -1) };
  return candidates(words, tasks, (...asked) => valuesOf(...asked, typed), prefix);
};

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
  ['db-dump-schema-env OUT=docs/GU', ['OUT=docs/GUARD.md']],
  ['db-dump-schema-env OUT=secr', ['OUT=secrets/']],
  ['db-dump-schema-env OUT=.prettieri', ['OUT=.prettierignore']],
  ['db-dump-schema-env OUT=no/such/', []],
  ['backup BACKUP_DIR=do', ['BACKUP_DIR=docker/', 'BACKUP_DIR=docs/']],
  ['help TASK=db-res', ['TASK=db-reset-db-env', 'TASK=db-reset-volume-env']],
  ['db-verify-env BASE=vm_', ['BASE=vm_stg', 'BASE=vm_prod']],
  ['db-verify-env BASE=tests/unit/fixtures/schema_17', ['BASE=tests/unit/fixtures/schema_17.dump']],
  ['logs S=', ['S=db', 'S=core_api']],
  ['logs ENV=local_demo S=', ['S=db']],
  ['logs ENV=nonsense S=', []],
  ['al-up-env REV=202512', ['REV=20251211_140000000']],
  ['al-down-env REV=b', ['REV=base']],
  [
    'restore-from-dump ALLOW=',
    ['ALLOW=less', 'ALLOW=extensions', 'ALLOW=uncaged', 'ALLOW=home', 'ALLOW=norights'],
  ],
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
