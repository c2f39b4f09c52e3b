import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BEFORE_CONTACT, BY_NAME, ON_CONTENTS, ON_FACTS } from '../../lib/guard/policy.ts';

const ROOT = join(import.meta.dirname, '../..');
const rows = readFileSync(join(ROOT, 'docs/GUARD.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+[a-z]? \| \*\*/.test(line))
  .map((line) => line.split(/(?<!\\) \| /).map((cell) => cell.replace(/^\| | \|$/g, '')));

test.each(rows.map((cells) => [cells[0]!, cells.at(-1)!]))(
  '%s of the table is in the code: %s',
  (_row, code) => {
    const [, file, names] = code.match(/^`(lib\/[\w/-]+\.ts)`: (`\w+`(?:, `\w+`)*)$/) ?? [];
    expect(file).toBeDefined();
    const text = readFileSync(join(ROOT, file!), 'utf8');
    for (const name of names!.replaceAll('`', '').split(', '))
      expect(text).toMatch(new RegExp(`\\b${name}\\b`));
  },
);

test('each check of the policy has its row', () => {
  const named = rows.flatMap((cells) => [...cells.at(-1)!.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const checks = [...BY_NAME, ...BEFORE_CONTACT, ...ON_FACTS, ...ON_CONTENTS].map(
    ({ refuses }) => refuses.name,
  );
  expect(checks.length).toBeGreaterThan(8);
  expect(named).toEqual(expect.arrayContaining(checks));
});
