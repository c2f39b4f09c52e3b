import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { temporaryFolder } from './support.ts';

const PROJECT = join(import.meta.dirname, '../..');
/** The package as make sees it: which tasks there are, and what they declare. Nothing in it is run. */
const PACKAGE = mkdtempSync(join(tmpdir(), 'makesafe-goals-'));
mkdirSync(join(PACKAGE, 'dist/tasks'), { recursive: true });
copyFileSync(join(PROJECT, 'makesafe.mk'), join(PACKAGE, 'makesafe.mk'));
for (const file of readdirSync(join(PROJECT, 'tasks')))
  copyFileSync(join(PROJECT, 'tasks', file), join(PACKAGE, 'dist/tasks', file.replace(/ts$/, 'js')));
afterAll(() => rmSync(PACKAGE, { recursive: true }));

/** All of it: MAKE_RUNS=2000. */
const RUNS = Number(process.env['MAKE_RUNS'] ?? 60);

/** In the place of npx and node: notes when a task begins and ends, and fails where it is told to. */
const PROGRAM = `#!/bin/sh
case "$0" in *npx) name=\${3##*/}; name=\${name%.ts};; *) name=$2;; esac
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

/** What may be meant as a word behind another goal, and would hurt. */
const FIRST_ONLY = (await loadTasks())
  .filter(({ definition }) => definition.destructive ?? definition.firstGoalOnly)
  .map(({ name }) => name);

const inOrder = (goals: readonly string[]): string[] =>
  goals.flatMap((goal) => [`begin ${goal}`, `end ${goal}`]);

describe.each(['makesafe.mk', 'makefile'])('goals in %s', { timeout: 120_000 }, (file) => {
  let folder: string;
  const goals = [
    'db-reset-volume-env',
    'up',
    'backup',
    'down',
    'al-up-env',
    ...(file === 'makesafe.mk' ? ['build'] : []),
  ];

  beforeEach(() => {
    folder = temporaryFolder({});
    mkdirSync(join(folder, 'bin'));
    for (const program of ['npx', 'node'])
      writeFileSync(join(folder, 'bin', program), PROGRAM, { mode: 0o755 });
    if (file === 'makesafe.mk') {
      writeFileSync(join(folder, 'makefile'), `include ${join(PACKAGE, file)}\n${OWN}`);
      return;
    }
    copyFileSync(join(PROJECT, file), join(folder, file));
    mkdirSync(join(folder, 'tasks'));
    mkdirSync(join(folder, 'node_modules'));
    for (const task of readdirSync(join(PROJECT, 'tasks')))
      copyFileSync(join(PROJECT, 'tasks', task), join(folder, 'tasks', task));
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
      goals: fc
        .oneof(
          fc.shuffledSubarray(goals, { minLength: 1 }),
          fc.shuffledSubarray(
            goals.filter((goal) => !FIRST_ONLY.includes(goal)),
            { minLength: 1 },
          ),
        )
        .filter((all) => all.join() !== 'build'),
      flags: fc.array(fc.oneof({ weight: 5, arbitrary: harmless }, { weight: 1, arbitrary: blind }), {
        maxLength: 3,
      }),
      MAKEFLAGS: fc.constantFrom('', '-j3', '-k', 'k', '-i', '-kj2', 'FORCE=1'),
      GNUMAKEFLAGS: fc.constantFrom('', '-j3', '-k', '-i', '-s'),
      fails: fc.constantFrom('', ...goals),
    });
    const seen = { ran: 0, refused: 0, late: 0 };
    fc.assert(
      fc.property(typed, (line) => {
        const { status, stderr, lines } = make(folder, line);
        if (stderr.includes('runs as the first goal only')) {
          expect(line.goals.slice(1).some((goal) => FIRST_ONLY.includes(goal))).toBe(true);
          expect([status, lines]).toEqual([2, []]);
          seen.late++;
          return;
        }
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
        expect(line.goals.slice(1).filter((goal) => FIRST_ONLY.includes(goal))).toEqual([]);
        expect(lines).toEqual(inOrder(expected));
        expect(status).toBe(at < 0 ? 0 : 2);
        seen.ran++;
      }),
      { numRuns: RUNS, seed: COMMIT },
    );
    // Both were tried.
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  });

  test('a goal that is typed twice is refused: make would run it once', () => {
    const { status, stderr, lines } = make(folder, { goals: ['up', 'down', 'up'], flags: [] });
    expect(stderr).toContain('[error] make runs a goal once, and one was typed twice: nothing was run');
    expect([status, lines]).toEqual([2, []]);
  });

  test('what stands beside help is its TASK: only help runs', () => {
    const flags = fc.subarray(['-j4', '-k', '-s', '-B']);
    const words = fc.constantFrom(...FIRST_ONLY, 'up', 'backup', 'al-up-env', 'health');
    const typed = fc.record({ flags, beside: fc.uniqueArray(words, { minLength: 1, maxLength: 3 }) });
    fc.assert(
      fc.property(typed, fc.nat(3), ({ flags, beside }, at) => {
        const line = { goals: beside.toSpliced(at, 0, 'help'), flags };
        const { status, lines } = make(folder, line);
        expect(lines).toEqual(inOrder(['help']));
        expect(status).toBe(0);
      }),
      { numRuns: RUNS / 4, seed: COMMIT },
    );
    // Where help itself fails, it is no consolation to have the others run.
    const failed = make(folder, { goals: ['help', 'down'], flags: ['-k'], fails: 'help' });
    expect([failed.status, failed.lines]).toEqual([2, inOrder(['help'])]);
  });

  test('nothing that destroys or stops runs behind another goal', () => {
    expect(FIRST_ONLY).toEqual(expect.arrayContaining(['down', 'restart', 'rebuild', 'demo', 'db-undo-env']));
    const there = file === 'makefile' ? FIRST_ONLY : FIRST_ONLY.filter((name) => name !== 'demo');
    for (const [at, goal] of there.entries()) {
      const before = ['logs', 'up', 'db-reset-db-env', 'backup'][at % 4]!;
      const { status, stderr, lines } = make(folder, {
        goals: goal === before ? ['up', goal] : [before, goal],
        flags: [],
      });
      expect(stderr).toContain(
        `[error] ${goal} destroys or stops, and runs as the first goal only: nothing was run. [next] make ${goal}, on a line of its own`,
      );
      expect([status, lines]).toEqual([2, []]);
    }
    expect(make(folder, { goals: ['up', 'al-up-env'], flags: [] }).lines).toEqual(
      inOrder(['up', 'al-up-env']),
    );
  });

  test('a goal is no program', () => {
    const { lines } = make(folder, { goals: ['up', 'x$(shell echo pwned >> "$LOG")'], flags: ['-k'] });
    expect(lines).not.toContain('pwned');
  });
});

test("a team's own goals keep their flags", () => {
  const folder = temporaryFolder({ makefile: `include ${join(PACKAGE, 'makesafe.mk')}\n${OWN}` });
  expect(make(folder, { goals: ['build', 'build'], flags: ['-i'] })).toMatchObject({ status: 0 });
  expect(make(folder, { goals: ['build'], flags: ['-it'], fails: 'build' })).toMatchObject({ status: 0 });
});

describe('help beside a goal of a makefile that includes ours', () => {
  const included = (settings: string, theirs: string) => {
    const folder = temporaryFolder({
      makefile: `${settings}\ninclude ${join(PACKAGE, 'makesafe.mk')}\n${theirs}`,
    });
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/node'), PROGRAM, { mode: 0o755 });
    return folder;
  };
  const REFUSED = 'would be run: nothing was run. [next] npx makesafe help ';

  test.each([
    // Names of the team's own would run, whatever we do.
    ['', OWN, ['help', 'build'], 'build is no target of makesafe, and make would run it'],
    ['', OWN, ['build', 'help'], 'build is no target of makesafe, and make would run it'],
    ['MAKESAFE_EXCEPT := down', 'down: ; @echo down >> "$$LOG"', ['help', 'down'], 'npx makesafe help down'],
    ['MAKESAFE_PREFIX := ms-', OWN, ['ms-help', 'build'], 'npx makesafe help build'],
    ['MAKESAFE_PREFIX := ms-', '', ['ms-help', 'down'], 'npx makesafe help down'],
    // Their help, and ours beside it.
    ['MAKESAFE_EXCEPT := help', 'help: ; @echo help >> "$$LOG"', ['help', 'up'], `${REFUSED}up`],
    ['MAKESAFE_PREFIX := ms-', 'help: ; @echo help >> "$$LOG"', ['ms-up', 'help'], `${REFUSED}up`],
    ['MAKESAFE_PREFIX := ms-', '', ['help', 'ms-down'], `${REFUSED}down`],
  ])('%s %s: %j', (settings, theirs, goals, said) => {
    const { status, stderr, lines } = make(included(settings, theirs), { goals, flags: [] });
    expect(stderr).toContain(said);
    expect(stderr).toContain('nothing was run');
    expect([status, lines]).toEqual([2, []]);
  });

  test('with a prefix', () => {
    const folder = included('MAKESAFE_PREFIX := ms-', OWN);
    expect(make(folder, { goals: ['ms-help', 'ms-down'], flags: [] }).lines).toEqual(inOrder(['help']));
    expect(make(folder, { goals: ['ms-db-undo-env', 'ms-help'], flags: [] }).lines).toEqual(
      inOrder(['help']),
    );
    const late = make(folder, { goals: ['ms-logs', 'ms-down'], flags: [] });
    expect(late.stderr).toContain('[next] make ms-down, on a line of its own');
    expect(late.lines).toEqual([]);
  });

  test('what the shell exports changes nothing of it', () => {
    const folder = included('', OWN);
    const exported = {
      makesafe_asked: 'up',
      makesafe_help: 'build',
      makesafe_targets: 'x',
      makesafe_first: 'up',
    };
    const { lines } = make(folder, { goals: ['up', 'backup'], flags: [], ...exported });
    expect(lines).toEqual(inOrder(['up', 'backup']));
  });

  test('a target of theirs behind ours is not run: help fails first', () => {
    const folder = included('', 'down: ; @echo down >> "$$LOG"');
    const { lines } = make(folder, { goals: ['down', 'help'], flags: ['-k'], fails: 'help' });
    expect(lines).toEqual(inOrder(['help']));
  });
});
