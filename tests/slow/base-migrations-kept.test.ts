import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { useKeptSchema } from '../helpers/kept-schema.ts';
import { HEAD } from '../helpers/revisions.ts';

describe('the kept schema of BASE=migrations', () => {
  const { scratch, revision, away, diff, isFromKept, files } = useKeptSchema();

  test.each<[what: string, spoil: (file: string) => void]>([
    [
      'edited',
      (file) =>
        writeFileSync(file, readFileSync(file, 'utf8').replace('"name":"suppliers"', '"name":"Suppliers"')),
    ],
    ['cut', (file) => writeFileSync(file, readFileSync(file, 'utf8').slice(0, -100))],
    ['empty', (file) => writeFileSync(file, '')],
    [
      'a folder',
      (file) => {
        rmSync(file);
        scratch.write(`${file.slice(scratch.root.length + 1)}/x`, '');
      },
    ],
  ])('a kept file that is %s is said, and not believed', async (_what, spoil) => {
    await diff();
    spoil(files()[0]!);
    const { status, stderr } = await diff();
    expect(stderr).toMatch(/\[warn\] .*\.embedded\/\.migrations\/.* is not used, and made anew: /);
    expect(status).toBe(0);
    for (const file of files()) if (statSync(file).isDirectory()) rmSync(file, { recursive: true });
  });

  test('a new revision, a changed one, and a file that one reads: made anew', async () => {
    await diff();
    scratch.write('added.sql', 'CREATE TABLE mart.added (id int)');
    revision('added', HEAD, `op.execute(open(${JSON.stringify(scratch.path('added.sql'))}).read())`);
    const added = await diff();
    expect(isFromKept(added)).toBe(false);
    expect(added.stdout).toMatch(/mart\.added.*only in migrations/);
    expect(isFromKept(await diff())).toBe(true);

    scratch.write('added.sql', 'CREATE TABLE mart.added_otherwise (id int)');
    const read = await diff();
    expect(isFromKept(read)).toBe(false);
    expect(read.stdout).toMatch(/mart\.added_otherwise.*only in migrations/);

    revision('added', HEAD, 'op.execute("CREATE TABLE mart.once_more (id int)")');
    const changed = await diff();
    expect(isFromKept(changed)).toBe(false);
    expect(changed.stdout).toMatch(/mart\.once_more.*only in migrations/);

    away('added');
    const gone = await diff();
    expect(gone.status).toBe(0);
    expect(isFromKept(gone)).toBe(false);
  });
});
