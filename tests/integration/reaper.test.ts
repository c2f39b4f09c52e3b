import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/embedded.ts';
import { start } from '../helpers/processes.ts';

const HELPERS = join(import.meta.dirname, '../helpers');

/** A process that has made a scratch folder, and started a server in it. */
const PROGRAM = `
  import { spawn } from 'node:child_process';
  import { mkdtempSync } from 'node:fs';
  import { tmpdir } from 'node:os';
  import { removeIfWeEnd } from '${HELPERS}/reaper.ts';
  const folder = mkdtempSync(tmpdir() + '/makesafe-e2e-');
  removeIfWeEnd(folder, null);
  const server = spawn('sleep', ['600'], { cwd: folder, detached: true, stdio: 'ignore' });
  console.log('started ' + server.pid + ' in ' + folder);
  setInterval(() => {}, 1000);
`;

test.each(['SIGINT', 'SIGKILL'] as const)('after %s nothing is left', async (signal) => {
  const running = start([process.execPath, '--import', 'tsx', '--input-type=module', '-e', PROGRAM], {
    cwd: join(HELPERS, '../..'),
  });
  await running.printed(/started \d+ in \S+/);
  running.interrupt(signal);
  const { stdout } = await running.ended;
  const [, pid, folder] = stdout.match(/started (\d+) in (\S+)/)!;
  await expect.poll(() => isRunning(Number(pid))).toBe(false);
  await expect.poll(() => existsSync(folder!)).toBe(false);
});
