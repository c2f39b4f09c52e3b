import { readContents } from '../database/contents.ts';
import { CancelledError, FailedError, MakesafeError, messageOf } from '../errors.ts';
import type { DestructiveRun } from '../task.ts';
import { runStep, type Timed } from './progress.ts';
import { forgetFailure, rememberFailure, whereToResume } from './resume.ts';
import { STEPS, beginAhead, type Step } from './steps.ts';

/**
 * `db-rebuild-env`: the whole runbook in one process, behind one guard. The tools' own output is shown for a step that
 * fails. Run again after a failed migration, it goes on there.
 *
 * @throws FailedError with the failed step's own words, and the line that goes on
 */
export async function rebuild(run: DestructiveRun): Promise<void> {
  const steps = await selectSteps(run);
  const ahead = beginAhead(run);
  const began = performance.now();
  const times: Timed[] = [];
  for (const step of steps) {
    try {
      times.push(await runStep(run, step.name, () => step.work(run, ahead)));
    } catch (error) {
      await rememberFailure(run, step.name);
      throw withNextLine(error, run, step);
    }
  }
  if (run.actor.dryRun) return;
  forgetFailure(run);
  await report(run, times, (performance.now() - began) / 1000);
}

/** From FROM, or where the last run failed, up to UNTIL. */
async function selectSteps(run: DestructiveRun): Promise<readonly Step[]> {
  const { values, terminal } = run;
  const at = (name: string): number => STEPS.findIndex((step) => step.name === name);
  const from = (values['FROM'] as string | undefined) ?? (await whereToResume(run)) ?? 'reset';
  const until = values['UNTIL'] as string;
  if (at(until) < at(from)) {
    throw new FailedError(`UNTIL=${until} comes before FROM=${from}: there is nothing to do`, { status: 64 });
  }
  const steps = STEPS.slice(at(from), at(until) + 1);
  terminal.info(`steps: ${steps.map(({ name }) => name).join(' → ')}`);
  return steps;
}

/** The line that goes on: the same one, which begins where it makes sense. */
function withNextLine(
  error: unknown,
  { command, task, environment, values }: DestructiveRun,
  step: Step,
): unknown {
  if (!(error instanceof FailedError) || error instanceof CancelledError) return error;
  const typed = Object.fromEntries(
    ['METHOD', 'BASE'].flatMap((name) =>
      values[name] === undefined ? [] : [[name, values[name] as string]],
    ),
  );
  const line = command(task.name, { ENV: environment.name, ...typed });
  return new FailedError(`${step.name}: ${messageOf(error)}`, {
    status: error.status,
    cause: error,
    hint: step.name === 'migrate' ? `correct it, then: ${line}` : line,
  });
}

/** One screen: what there is now, and how long each step took. */
async function report(run: DestructiveRun, times: readonly Timed[], seconds: number): Promise<void> {
  const { terminal, environment, stack, command, values } = run;
  terminal.ok(`${environment.name} is rebuilt in ${seconds.toFixed(1)} s`);
  const contents = await stack.withClient(stack.database.name, readContents).catch((error: unknown) => {
    if (error instanceof MakesafeError) return undefined;
    throw error;
  });
  const rows: [string, string][] = [
    ['revision', contents?.revisions.join(', ') || 'none'],
    ['tables', contents ? String(contents.tables) : 'not known'],
    ...times.map(({ name, seconds: took, note }): [string, string] => [
      name,
      `${took.toFixed(1)} s  ${note}`,
    ]),
  ];
  for (const [label, value] of rows) terminal.line(`    ${label.padEnd(10)} ${value}`);
  const base = values['BASE'] as string | undefined;
  terminal.next(
    base === undefined
      ? command('db-verify-env', { ENV: environment.name, BASE: run.registry.default })
      : command('db-diff-schema-env', { ENV: environment.name, BASE: base }),
  );
}
