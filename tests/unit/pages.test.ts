import { expect, test } from 'vitest';
import { renderChecksPage } from '../../lib/check/revisions/page.ts';
import { renderReceiptPage } from '../../lib/rehearsal/page.ts';
import { CHECKS, RECEIPT } from '../helpers/pages.ts';

const HOSTILE = `</script></style></title><script>alert(1)</script><img src=x onerror=alert(2)>"onclick='alert(3)'<b>`;

/** Each text that is not one of a few fixed words is the hostile one. */
function poisoned<T>(value: T, kept: RegExp): T {
  if (typeof value === 'string') return (kept.test(value) ? value : HOSTILE) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => poisoned(one, kept)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, poisoned(one, kept)])) as T;
}

const STATES = /^(passed|warning|failed|skipped)$/;
test.each([
  ['al-rehearse-env', renderReceiptPage(poisoned(RECEIPT, /^(\d{4}-.*Z|up|deletes-data|\w+Lock|r|commit)$/))],
  [
    'al-check',
    renderChecksPage({ ...CHECKS, environment: HOSTILE, results: poisoned(CHECKS.results, STATES) }),
  ],
])('%s: hostile names are text', (_task, page) => {
  expect(page).toContain('&#60;img src=x onerror=alert(2)&#62;');
  expect(page).not.toMatch(/<img|<b>"|<script>alert/);
  // One script would need a filter; there is none.
  expect(page.match(/<script/g)).toBeNull();
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">\n<head>\n/);
  expect(page).toMatch(/<footer>Made by makesafe\..*<\/footer>\n<\/body>\n<\/html>\n$/);
});

test('al-rehearse-env: the hazards first, then revisions and statements', () => {
  const page = renderReceiptPage(RECEIPT);
  expect(page).toContain('vm_prod: 2 revisions migrated on a copy, with 1 hazard</h1>');
  expect(page).toContain('<li>0002, statement 2: drops table a</li>');
  expect(page).toContain('<td>mart.items 1.4 s, 1 more</td>');
  expect(page).toContain('<td>drops note of mart.items; AccessExclusiveLock of mart.items</td>');
  expect(page).toContain('copied without data');
  expect(page.indexOf('deletes-data')).toBeLessThan(page.indexOf('<h2>Revisions</h2>'));
});

test('al-check: each check with what it saw and what to do', () => {
  const page = renderChecksPage(CHECKS);
  expect(page).toContain('17 revisions: 1 check of 3 failed</h1>');
  expect(page).toContain('<h2>✗ down undoes up <span>failed</span></h2>\n<p>1 revision of 17: 0012</p>');
  expect(page).toContain('<li>0012.py:3: leaves an index</li>\n<li>correct it</li>');
});
