import { expect, test } from 'vitest';
import { schemasOf } from '../../lib/database/revisions.ts';
import { PROGRAM_OPTIONS, startOptions } from '../../lib/stack/postgres/settings.ts';

test.each<[path: string, schemas: string[]]>([
  ['"$user", public', ['app', 'public']],
  ['$user,public', ['app', 'public']],
  ['', []],
  ['""', ['']],
  ['Mart, "Mart"', ['mart', 'Mart']],
  ['"a ""quoted"" one", x', ['a "quoted" one', 'x']],
  ['"one, two", 日本', ['one, two', '日本']],
])('the schemas of the search path %s', (path, schemas) => {
  expect(schemasOf(path, 'app')).toEqual(schemas);
});

test('what a session begins with: a blank in a value does not end it', () => {
  expect(startOptions()).toContain('-c default_transaction_isolation=read\\ committed -c');
  expect(startOptions()).toContain('-c transaction_timeout=0 -c idle_session_timeout=0');
});

test('an older server is not asked for what it does not know', () => {
  expect(startOptions(1)).not.toContain('transaction_timeout=');
  expect(startOptions(1)).toContain('idle_session_timeout=');
  expect(startOptions(2)).not.toContain('idle_session_timeout=');
});

// Its reset value tells where the team's own tables are: in a session it is set behind the beginning.
test('nothing begins with a search path', () => {
  expect(startOptions()).not.toContain('search_path');
  expect(PROGRAM_OPTIONS).not.toContain('search_path');
});
