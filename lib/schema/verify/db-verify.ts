import { counted } from '../../output/display.ts';
import { FailedError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { openBase } from '../compare/base.ts';
import { renderCheckResults, renderCheckResultsJson } from '../../output/render-check-results.ts';
import { lookAt, skipped, some, type Check, type CheckResult } from '../../output/check-result.ts';
import {
  constraintsValidated,
  indexesValid,
  readerReads,
  readerWritesNothing,
  viewsPopulated,
} from './database-checks.ts';
import {
  atHead,
  databaseReachable,
  markerRight,
  oneHead,
  revisionOfBase,
  schemaSame,
  stackUp,
} from './environment-checks.ts';
import { factsOf, type VerifyFacts, type FactsOfBase } from './facts.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** The second one decides whether the others can run: they all need the database. */
const FIRST: readonly Check<VerifyFacts>[] = [stackUp, databaseReachable];
const OTHERS: readonly Check<VerifyFacts>[] = [
  ...[markerRight, oneHead, atHead, revisionOfBase, schemaSame],
  ...[readerReads, readerWritesNothing, indexesValid, constraintsValidated, viewsPopulated],
];

/**
 * `db-verify-env`: checks whether an environment is as it should be, and shows the results in one table.
 *
 * @throws FailedError if a check failed
 */
export async function verifyEnvironment(
  run: ComparedRun & StackRun<Giving<{ BASE: string | undefined; JSON: boolean }>>,
): Promise<void> {
  const { BASE: base, JSON: json } = run.values;
  const facts = factsOf(run, base === undefined ? undefined : await factsOfBase(run, base));
  await verifyFacts(run, facts, json);
  run.terminal.next(run.command('backup', { ENV: run.environment.name }));
}

/** A run of a task that compares an environment with another one. */
type ComparedRun = StackRun<Giving<{ PRIVILEGES: boolean; ALEMBIC_INI: string | undefined }>>;

/** The facts of BASE, for `factsOf`. */
export async function factsOfBase(run: ComparedRun, name: string): Promise<FactsOfBase> {
  const [base, { comparing }] = await Promise.all([openBase(run, name), import('../compare/comparing.ts')]);
  return {
    name,
    facts: 'environment' in base ? factsOf(base.environment) : undefined,
    ...(await comparing(run, base, { privileges: run.values.PRIVILEGES })),
  };
}

/**
 * Runs all checks and shows their results.
 *
 * @param json true for JSON
 * @throws FailedError if a check failed
 */
export async function verifyFacts(run: StackRun, facts: VerifyFacts, json = false): Promise<void> {
  const { environment, terminal, signal } = run;
  const base = facts.baseName;
  const results = await verify(facts);
  // After Ctrl-C, failures say nothing about the environment.
  signal.throwIfAborted();

  if (json) terminal.result(renderCheckResultsJson(environment.name, base, results));
  else terminal.screen(renderCheckResults(results, terminal.styleResult));
  const those = (state: CheckResult['state']): string[] =>
    results.filter((result) => result.state === state).map(({ check }) => check);
  const [bad, left] = [those('failed'), those('skipped')];
  if (bad.length > 0) {
    throw new FailedError(
      `${environment.name}: ${bad.length} of ${results.length} checks failed: ${some(bad)}`,
    );
  }
  if (left.length > 0) terminal.info(`skipped: ${left.join(', ')}`);
  const warnings = those('warning').length;
  terminal.ok(
    `${environment.name} is as it should be${base === undefined ? '' : `, and as ${base}`}` +
      (warnings === 0 ? '' : `; ${counted(warnings, 'warning')}`),
  );
}

/** All check results, in the order of the table. Independent checks run at the same time. */
async function verify(facts: VerifyFacts): Promise<CheckResult[]> {
  const first = await Promise.all(FIRST.map((check) => lookAt(check, facts)));
  const reachable = first.find(({ check }) => check === databaseReachable.name)!.state === 'passed';
  const others = OTHERS.map((check) => (reachable ? lookAt(check, facts) : unreachable(check)));
  return [...first, ...(await Promise.all(others))];
}

const unreachable = ({ name }: Check<VerifyFacts>): Promise<CheckResult> =>
  Promise.resolve({ check: name, ...skipped('the database does not answer') });
