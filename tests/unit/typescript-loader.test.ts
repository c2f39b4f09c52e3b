import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run, succeeded } from '../helpers/processes.ts';

const LOADER = join(import.meta.dirname, '../helpers/typescript-loader.cjs');

test('what the loader has translated is not kept where other users may write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-loader-'));
  try {
    const file = join(folder, 'one.ts');
    writeFileSync(file, `const made: string = '${folder}'; console.log(made);`);
    const ran = await run([process.execPath, '--require', LOADER, file], { env: { TMPDIR: folder } });
    expect(succeeded(ran).stdout).toBe(`${folder}\n`);
    expect(readdirSync(folder)).toEqual(['one.ts']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
