import { counted } from '../output/display.ts';
import { asIncomparable, FailedError, IncomparableError } from '../errors.ts';
import type { ReportRun } from './report/report.ts';
import { openBase } from './compare/base.ts';
import { comparing } from './compare/comparing.ts';
import type { Comparison } from './compare/comparison.ts';

/**
 * `db-diff-schema-env`: compares the schemas of two environments.
 *
 * @throws FailedError if they differ
 * @throws IncomparableError if they could not be compared, or only in part
 */
export async function diffSchema(run: ReportRun): Promise<void> {
  const { comparison, hint } = await compareAndReport(run).catch((error: unknown) => {
    throw run.signal.aborted ? error : asIncomparable(error, 'the comparison came to no end');
  });
  const details = hint === undefined ? {} : { hint };
  const [one, other] = [comparison.base.label, comparison.compared.label];
  if (comparison.verdict === 'incomplete') {
    throw new IncomparableError(`${other} and ${one} could not be compared in full`, details);
  }
  if (comparison.verdict === 'different') {
    const { length } = comparison.differences;
    throw new FailedError(`${other} differs from ${one}: ${counted(length, 'difference')}`, details);
  }
}

async function compareAndReport(
  run: ReportRun,
): Promise<{ readonly comparison: Comparison; readonly hint: string | undefined }> {
  const [{ lookAtPage }, { reportComparison }] = await Promise.all([
    import('./report/page.ts'),
    import('./report/report.ts'),
  ]);
  const page = await lookAtPage(run);
  const { BASE, DUMP: dump, PRIVILEGES: privileges } = run.values;
  const base = await openBase(run, BASE ?? run.registry.default);
  const comparison = await (await comparing(run, base, { dump, privileges })).compare();
  const hint = await reportComparison(comparison, run, page);
  return { comparison, hint };
}
