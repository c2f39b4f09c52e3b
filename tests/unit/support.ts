import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MakesafeError } from '../../lib/errors.ts';
import { Terminal } from '../../lib/output/terminal.ts';

/** A folder with the given files that is gone after the test. */
export function temporaryFolder(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A terminal that keeps what was written to it. */
export function recordingTerminal(env: NodeJS.ProcessEnv = {}, isTTY = false) {
  const written = { out: '', err: '' };
  const terminal = new Terminal(
    { write: (text) => (written.out += text), isTTY },
    { write: (text) => (written.err += text), isTTY },
    env,
  );
  return { terminal, written };
}

/** Numbers from 0 up to 1 that are the same in every run (mulberry32), so that a failure can be repeated. */
export function seededRandom(seed: number) {
  const next = (): number => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(choices: readonly T[]): T => choices[below(choices.length)]!;
  const several = <T>(most: number, make: () => T): T[] => Array.from({ length: below(most + 1) }, make);
  return { below, pick, several };
}

/** Milliseconds of a processor that this process has taken since: on a busy machine as many as on a quiet one. */
export function processorTime(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}

/** Why a promise is rejected. */
export const rejectionOf = (work: Promise<unknown>): Promise<MakesafeError> =>
  work.then(
    () => Promise.reject(new Error('nothing was thrown')),
    (error: unknown) => error as MakesafeError,
  );

/** What a function throws, for tests that look at more than the message. */
export function thrownBy(work: () => unknown): MakesafeError {
  try {
    work();
  } catch (error) {
    return error as MakesafeError;
  }
  throw new Error('nothing was thrown');
}

/** What a shell would make something else of. */
export const AWKWARD_WORDS = [
  '',
  ' ',
  'two words',
  '  ',
  "it's",
  '"double"',
  `'"'"'`,
  '$HOME',
  '$(id)',
  '`id`',
  '$$',
  '\\',
  'back\\slash\\',
  '*',
  '~',
  '-n',
  '--',
  ';',
  '&&',
  '|',
  '>out',
  '#no comment',
  'one\ntwo',
  '\t',
  '!x',
  '{a,b}',
  '日本　語',
  'a=b',
  'undefined',
];
