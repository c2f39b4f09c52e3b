import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CONFIG = join(ROOT, '.dependency-cruiser.mjs');
const { ROOMS } = (await import(CONFIG)) as { readonly ROOMS: readonly string[] };

const THERE: Readonly<Record<string, string>> = {
  'lib/run/run.ts':
    "import type { Terminal } from '../output/terminal.ts';\nexport type Run = { terminal: Terminal };\n",
  'lib/output/terminal.ts': 'export type Terminal = object;\n',
  'lib/schema/read/read.ts': 'export type Side = object;\n',
  'lib/schema/compare/compare.ts': "import type { Side } from '../read/read.ts';\nexport type Same = Side;\n",
  'tasks/up.ts': "import type { Run } from '../lib/run/run.ts';\nexport type Up = Run;\n",
};

/** What the check says of a small repository. */
async function check(planted: Readonly<Record<string, string>>): Promise<{ code: number; said: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-rooms-'));
  try {
    writeFileSync(join(folder, 'tsconfig.json'), readFileSync(join(ROOT, 'tsconfig.json')));
    for (const [file, text] of Object.entries({ ...THERE, ...planted })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const program = join(ROOT, 'node_modules/.bin/depcruise');
    const words = ['--config', CONFIG, '--no-progress', 'lib', 'tasks'];
    return await promisify(execFile)(process.execPath, [program, ...words], { cwd: folder }).then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, said: stdout }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a repository as it should be', async () => {
  const { code, said } = await check({});
  expect(said).toContain('no dependency violations found');
  expect(code).toBe(0);
});

test('what must not be', async () => {
  const { code, said } = await check({
    // A type from a room above.
    'lib/output/caller.ts': "import type { Run } from '../run/run.ts';\nexport type Caller = Run;\n",
    // What is loaded later, from a room above.
    'lib/run/later.ts': "export const later = () => import('../../tasks/up.ts');\n",
    // A circle of types in a room.
    'lib/sql/one.ts': "import type { Two } from './two.ts';\nexport type One = Two[];\n",
    'lib/sql/two.ts': "import type { One } from './one.ts';\nexport type Two = One[];\n",
    // Two folders of a room that take types of each other.
    'lib/schema/read/later.ts':
      "import type { Same } from '../compare/compare.ts';\nexport type Later = Same;\n",
    // A room that has no place in the order.
    'lib/attic/attic.ts': 'export type Attic = object;\n',
    'lib/run/up.ts': "import type { Attic } from '../attic/attic.ts';\nexport type Up = Attic;\n",
  });
  for (const message of [
    'output imports nothing above it: lib/output/caller.ts → lib/run/run.ts',
    'run imports nothing above it: lib/run/later.ts → tasks/up.ts',
    'no circle: lib/sql/one.ts',
    'no two folders that import each other: lib/schema/read →',
    'every file has a room: lib/run/up.ts → lib/attic/attic.ts',
  ])
    expect(said).toContain(message);
  expect(code).toBeGreaterThan(0);
});

test('docs/ARCHITECTURE.md has the rooms in their order', () => {
  const page = readFileSync(join(ROOT, 'docs/ARCHITECTURE.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (\w[\w./-]*) \| \S/gm)].map(([, room]) =>
    room!.replace(/\/$|\.ts$/, ''),
  );
  expect(rows.slice(1)).toEqual(ROOMS);
});
