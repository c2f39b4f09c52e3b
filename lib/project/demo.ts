import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { FailedError } from '../errors.ts';
import type { MakeInvocation } from '../system/make.ts';
import { run as runCommand } from '../system/process.ts';
import { scriptCommand } from '../system/script.ts';
import { installAlembic } from '../migrations/setup.ts';
import type { Run } from '../run/run.ts';
import { readText } from '../system/read-bounded.ts';

const ENVIRONMENT = 'local_demo';

/** `demo`: sets up, runs the runbook twice as a person would type it, and proves that both schemas are the same. */
export async function demo(run: Run): Promise<void> {
  const { root, terminal, signal, make } = run;
  const began = performance.now();
  await installAlembic(run);
  const [first, second] = ['first', 'second'].map((name) => `backups/demo_${name}.sql`) as [string, string];
  const once = (out: string): [task: string, ...parameters: string[]][] => [
    ['db-reset-volume-env', 'WAIT=0'],
    ['up'],
    ['db-bootstrap-roles-env'],
    ['al-up-env'],
    ['al-cur-env'],
    ['db-dump-schema-env', `OUT=${out}`],
  ];
  const steps = [...once(first), ...once(second)];
  for (const out of [first, second]) rmSync(join(root, out), { force: true });

  for (const [at, [task, ...parameters]] of steps.entries()) {
    signal.throwIfAborted();
    const words = [`ENV=${ENVIRONMENT}`, ...parameters];
    terminal.line(
      `\n${terminal.style('bold', `${at + 1}/${steps.length}  make ${task} ${words.join(' ')}`)}`,
    );
    const started = performance.now();
    const { status } = await runCommand(scriptCommand(join(root, 'tasks', `${task}.ts`), ...words), {
      cwd: root,
      terminal: true,
      env: make ? asTargets(make) : {},
    });
    if (status !== 0) throw new FailedError(`make ${task} failed (status ${status})`, { status });
    terminal.line(`      done in ${seconds(started)}`);
  }

  if (readText(join(root, first)) !== readText(join(root, second))) {
    throw new FailedError(`the two schemas differ: diff -u ${first} ${second}`);
  }
  terminal.line('');
  terminal.ok(
    `twice from nothing to head, and ${first} and ${second} are identical (${seconds(began)} in all)`,
  );
  terminal.next(`look around:  make ps ENV=${ENVIRONMENT}   make al-hist-env ENV=${ENVIRONMENT}   make`);
  terminal.next(`see the guard: make db-reset-volume-env ENV=vm_prod`);
  terminal.next(`stop it:       make down ENV=${ENVIRONMENT}`);
}

/** Passes on how the demo was called, so that hints of a step say `make` and use the makefile's target names. */
const asTargets = ({ prefix = '', except = [] }: MakeInvocation): Record<string, string> => ({
  MAKELEVEL: '1',
  MAKESAFE_PREFIX: prefix,
  MAKESAFE_EXCEPT: except.join(' '),
});

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
