import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as makesafe from '../../lib/index.ts';

const ROOT = join(import.meta.dirname, '../..');

test('what a team may import stays, and is described', () => {
  const names = Object.keys(makesafe).sort();
  // A name that goes, or changes its meaning, is a new major version.
  expect(names).toEqual([
    ...['CancelledError', 'ConfigurationError', 'FailedError', 'MakesafeError', 'RefusedError'],
    ...['UnreachableError', 'UsageError'],
    ...['choice', 'defineTask', 'duration', 'flag', 'required', 'text', 'wholeNumber'],
  ]);
  const page = readFileSync(join(ROOT, 'docs/API.md'), 'utf8');
  for (const name of names) expect(page).toContain(`\`${name}`);
});

test('every version has its entry in the change log', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  expect(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')).toContain(`## ${version}`);
});
