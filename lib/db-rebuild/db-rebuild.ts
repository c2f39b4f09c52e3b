import { CancelledError, FailedError, UnreachableError, messageOf } from '../errors.ts';
import { beginAhead } from './ahead.ts';
import { isCached } from './cache/find.ts';
import { tidyMade } from './cache/keep.ts';
import { showOutcome } from './outcome.ts';
import { runStep, type Timed } from './progress.ts';
import { forgetFailure, rememberFailure, whereToResume } from './resume.ts';
import { STEPS, type Step } from './steps.ts';
import { seedOf } from './seed.ts';
import type { RebuildRun, StepName } from './parameters.ts';

/**
 * `db-rebuild-env`: runs all steps in one process, after one confirmation. Shows the output of tools only for a step
 * that fails. After a failed migration, the next run continues with that step.
 *
 * @throws FailedError with the message of the failed step, and the command that continues
 */
export async function rebuild(run: RebuildRun): Promise<void> {
  const { terminal, environment, command, stack } = run;
  const steps = await selectSteps(run);
  const again = lineAgain(run);
  const compares = steps.some(({ name }) => name === 'verify');
  const fromNothing = steps.some(({ name }) => name === 'reset');
  const ahead = await beginAhead(run, { compares, fromNothing, again });
  const began = performance.now();
  const times: Timed[] = [];
  for (const step of steps) {
    try {
      times.push(await runStep(run, step.name, () => step.work(run, ahead)));
    } catch (error) {
      await rememberFailure(run, step.name);
      const ready = isReady(run, step.name);
      if (!run.actor.dryRun && ready !== undefined && stack.application)
        terminal.warn(`the application is not started before the database is ${ready}`);
      if (step.name === 'verify' && !run.signal.aborted) await showOutcome(run, times, ahead.facts);
      throw withNextLine(error, run, step, again);
    }
  }
  if (run.actor.dryRun) return;
  forgetFailure(run);
  terminal.ok(`${environment.name} is rebuilt in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await showOutcome(run, times, ahead.facts);
  terminal.next(command('backup', { ENV: environment.name }));
  if (isCached(run)) await tidyMade(run);
}

/** The steps from FROM, or from the step at which the last run failed, to UNTIL. */
async function selectSteps(run: RebuildRun): Promise<readonly Step[]> {
  const { values, terminal, stack } = run;
  const at = (name: string): number => STEPS.findIndex((step) => step.name === name);
  const from = values.FROM ?? (await whereToResume(run)) ?? 'reset';
  const until = values.UNTIL;
  if (at(until) < at(from)) {
    throw new FailedError(`UNTIL=${until} comes before FROM=${from}: there is nothing to do`, { status: 64 });
  }
  const all = STEPS.filter(
    ({ name }) =>
      (name !== 'start' || stack.application !== undefined) && (name !== 'seed' || seedOf(run) !== undefined),
  );
  const steps = all.filter(({ name }) => at(name) >= at(from) && at(name) <= at(until));
  // On a terminal, each step of a complete run gets its own line anyway.
  if (!terminal.interactive || steps.length < all.length)
    terminal.info(`steps: ${steps.map(({ name }) => name).join(' → ')}`);
  return steps;
}

const chosen = (values: RebuildRun['values'], ...names: ('METHOD' | 'BASE')[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** What the database becomes by a step that the application waits for. */
function isReady(run: RebuildRun, step: StepName): string | undefined {
  if (step === 'seed') return typeof seedOf(run) === 'string' ? 'seeded' : undefined;
  return step === 'bootstrap' || step === 'migrate' ? 'migrated' : undefined;
}

/** The same command without FROM and UNTIL: it begins with the step that failed. */
const lineAgain = ({ command, task, environment, values }: RebuildRun): string =>
  command(task.name, {
    ...{ ENV: environment.name, ...chosen(values, 'METHOD', 'BASE') },
    ...(values.SEED ? {} : { SEED: '0' }),
  });

function withNextLine(error: unknown, run: RebuildRun, { name }: Step, again: string): unknown {
  if (error instanceof UnreachableError)
    return new UnreachableError(`${name}: ${messageOf(error)}`, { cause: error, hint: error.hint ?? again });
  if (!(error instanceof FailedError) || error instanceof CancelledError) return error;
  const { command, environment, values } = run;
  const verify = command('db-verify-env', { ENV: environment.name, ...chosen(values, 'BASE') });
  return new FailedError(`${name}: ${messageOf(error)}`, {
    status: error.status,
    cause: error,
    hint: name === 'verify' ? `correct it, then: ${verify}` : (error.hint ?? again),
  });
}
