import { join } from 'node:path';
import { MakesafeError } from '../../errors.ts';
import type { CheckResult } from '../../output/check-result.ts';
import { findBinaries } from './binaries.ts';
import { findRunning, type Home } from './server.ts';

/** Checks that the server can run on this machine, and says whether it does. Every session checks the password. */
export function diagnoseEmbedded(home: Home): CheckResult {
  const check = 'engine';
  try {
    findBinaries(join(home.folder, 'lib'));
  } catch (error) {
    if (!(error instanceof MakesafeError)) throw error;
    return { check, state: 'failed', found: error.message, ...(error.hint && { remedy: error.hint }) };
  }
  const running = findRunning(home);
  const where = running ? `process ${running.pid} on 127.0.0.1:${running.port}` : 'not running';
  return { check, state: 'passed', found: `embedded PostgreSQL, ${where}` };
}
