import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { PATIENCE, temporaryFolder } from './support.ts';

const PROJECT = join(import.meta.dirname, '../..');
const SEED = parseInt(execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).slice(0, 7), 16);
/** All of it: MAKE_RUNS=2000. */
const RUNS = Number(process.env['MAKE_RUNS'] ?? 60);

/** In the place of npx: notes when a task begins and ends, and fails where it is told to. */
const NPX = `#!/bin/sh
name=\${3##*/}; name=\${name%.ts}
echo "begin $name" >> "$LOG"
sleep 0.01
echo "end $name" >> "$LOG"
case " $FAILS " in *" $name "*) exit 77;; esac
`;
const OWN = `build: ; @echo "begin build" >> "$$LOG"; sleep 0.01; echo "end build" >> "$$LOG"; case " $$FAILS " in *" build "*) exit 1;; esac\n`;

interface Typed {
  readonly goals: readonly string[];
  readonly flags: readonly string[];
  readonly MAKEFLAGS?: string;
  readonly GNUMAKEFLAGS?: string;
  readonly fails?: string;
}

/** What ran, in a makefile of ours or in a team's. */
function make(folder: string, { goals, flags, fails = '', ...exported }: Typed) {
  const log = join(folder, 'log');
  rmSync(log, { force: true });
  const words = [...flags, ...goals, 'ENV=local_demo', 'MSG=a -i -Ox it'];
  const { status, stderr } = spawnSync('make', words, {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}`, LOG: log, FAILS: fails, ...exported },
  });
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return { status, stderr, lines };
}

const inOrder = (goals: readonly string[]): string[] =>
  goals.flatMap((goal) => [`begin ${goal}`, `end ${goal}`]);

describe.each(['makesafe.mk', 'makefile'])('goals in %s', { timeout: 4 * PATIENCE }, (file) => {
  let folder: string;
  const goals = ['db-reset-volume-env', 'up', 'backup', 'down', ...(file === 'makesafe.mk' ? ['build'] : [])];

  beforeEach(() => {
    folder = temporaryFolder({});
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/npx'), NPX, { mode: 0o755 });
    if (file === 'makesafe.mk') {
      writeFileSync(join(folder, 'makefile'), `include ${join(PROJECT, file)}\n${OWN}`);
      return;
    }
    copyFileSync(join(PROJECT, file), join(folder, file));
    mkdirSync(join(folder, 'tasks'));
    mkdirSync(join(folder, 'node_modules'));
    for (const task of readdirSync(join(PROJECT, 'tasks'))) writeFileSync(join(folder, 'tasks', task), '');
    writeFileSync(join(folder, 'package-lock.json'), '');
    writeFileSync(join(folder, 'node_modules/.package-lock.json'), '');
    writeFileSync(join(folder, 'bin/npm'), '#!/bin/sh\n', { mode: 0o755 });
  });

  test('run one after the other, as typed, up to the first that fails, or not at all', () => {
    const harmless = fc.constantFrom(
      '-j',
      '-j2',
      '-j4',
      '-k',
      '-s',
      '-B',
      '-w',
      '-r',
      '-S',
      '-C.',
      '--no-print-directory',
      '-l9',
    );
    const blind = fc.constantFrom('-i', '-t', '-n', '-q', '-kij3', '--ignore-errors', '--touch');
    const typed = fc.record({
      // What is only the team's is no concern of ours.
      goals: fc.shuffledSubarray(goals, { minLength: 1 }).filter((all) => all.join() !== 'build'),
      flags: fc.array(fc.oneof({ weight: 5, arbitrary: harmless }, { weight: 1, arbitrary: blind }), {
        maxLength: 3,
      }),
      MAKEFLAGS: fc.constantFrom('', '-j3', '-k', 'k', '-i', '-kj2', 'FORCE=1'),
      GNUMAKEFLAGS: fc.constantFrom('', '-j3', '-k', '-i', '-s'),
      fails: fc.constantFrom('', ...goals),
    });
    const seen = { ran: 0, refused: 0 };
    fc.assert(
      fc.property(typed, (line) => {
        const { status, stderr, lines } = make(folder, line);
        const at = line.goals.indexOf(line.fails);
        const expected = at < 0 ? line.goals : line.goals.slice(0, at + 1);
        if (lines.length === 0) {
          const all = [...line.flags, line.MAKEFLAGS, line.GNUMAKEFLAGS].join(' ');
          expect(all).toMatch(/-\w*[itnq]|--ignore|--touch/);
          if (!/-\w*[nq]/.test(all))
            expect(stderr).toMatch(/\[error\] make -[it] .*nothing was run.*\[next\] the same without/);
          seen.refused++;
          return;
        }
        expect(lines).toEqual(inOrder(expected));
        expect(status).toBe(at < 0 ? 0 : 2);
        seen.ran++;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    // Both were tried.
    expect(Math.min(seen.ran, seen.refused)).toBeGreaterThan(0);
  });

  test('a goal that is typed twice is refused: make would run it once', () => {
    const { status, stderr, lines } = make(folder, { goals: ['up', 'down', 'up'], flags: [] });
    expect(stderr).toContain('[error] make runs a goal once, and one was typed twice: nothing was run');
    expect([status, lines]).toEqual([2, []]);
  });

  test('a goal is no program', () => {
    const { lines } = make(folder, { goals: ['up', 'x$(shell echo pwned >> "$LOG")'], flags: ['-k'] });
    expect(lines).not.toContain('pwned');
  });
});

test("a team's own goals keep their flags", () => {
  const folder = temporaryFolder({ makefile: `include ${join(PROJECT, 'makesafe.mk')}\n${OWN}` });
  expect(make(folder, { goals: ['build', 'build'], flags: ['-i'] })).toMatchObject({ status: 0 });
  expect(make(folder, { goals: ['build'], flags: ['-it'], fails: 'build' })).toMatchObject({ status: 0 });
});
