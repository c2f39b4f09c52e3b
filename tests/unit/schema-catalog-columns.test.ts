import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOG_COLUMNS, columnsOf, describeColumns } from '../../lib/schema/read/catalog-columns.ts';

test('docs/COMPARISON.md has the list as the code has it', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/COMPARISON.md'), 'utf8');
  const [, shown] = /<!-- columns -->\n([^]*?)\n<!-- \/columns -->/.exec(text) ?? [];
  expect(shown).toBe(describeColumns());
});

test('no column stands there twice', () => {
  for (const columns of Object.values(CATALOG_COLUMNS)) {
    const names = columnsOf(columns);
    expect(names.length).toBe(new Set(names).size);
  }
});
