import { relative } from 'node:path';
import { UsageError } from '../../errors.ts';
import { writeWhole } from '../../system/files.ts';
import type { Redactor } from '../../output/redact.ts';
import type { StackRun } from '../../run/run.ts';
import { lookAtDestination, type Destination } from '../../system/destination.ts';
import { REPORT } from './ours.ts';
import type { Comparison } from '../compare/comparison.ts';
import { verdictSentence } from './wording.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** A run of a task that shows a comparison. */
export type ReportRun = StackRun<
  Giving<{
    BASE: string | undefined;
    DUMP: string | undefined;
    PRIVILEGES: boolean;
    VERBOSE: boolean;
    JSON: boolean;
    HTML: string | undefined;
  }>
>;

/**
 * Checks the path of the HTML page, before the long comparison starts.
 *
 * @returns `-` for standard output; undefined without HTML
 * @throws RefusedError or FailedError if the page cannot be written there
 */
export async function lookAtPage({
  values,
  root,
}: Pick<ReportRun, 'values' | 'root'>): Promise<Destination | '-' | undefined> {
  const { HTML: given } = values;
  if (given !== '-')
    return given === undefined ? undefined : lookAtDestination(given, 'HTML', REPORT, USUAL, root);
  if (values.JSON) throw new UsageError('JSON=1 and HTML=- both want standard output');
  return '-';
}

const USUAL = 'report.html';

/**
 * Shows a comparison, as VERBOSE, JSON and HTML ask for it.
 *
 * @param page the checked path of the HTML page
 * @returns the next command line to type, if the verdict is not `same`
 * @throws FailedError if the page cannot be written
 */
export async function reportComparison(
  found: Comparison,
  run: ReportRun,
  page: Destination | '-' | undefined,
): Promise<string | undefined> {
  const { terminal, values, actor, command } = run;
  const comparison = redacted(found, terminal.redactor);
  if (values.JSON) {
    const { renderJson } = await import('./json.ts');
    terminal.result(renderJson(comparison));
  } else if (page !== '-') {
    const { renderTerminal } = await import('./terminal.ts');
    terminal.result(renderTerminal(comparison, { verbose: values.VERBOSE, style: terminal.styleResult }));
  }
  if (page !== undefined) {
    const { renderHtml } = await import('./html.ts');
    const text = renderHtml(comparison, { at: new Date() });
    if (page === '-') {
      terminal.result(text.trimEnd());
    } else {
      const shown = relative('', page.path);
      await actor.act(`# write the report to ${values.HTML}`, () =>
        writeWhole(page.path, 0o600, (output) => void output.write(text), page.over),
      );
      if (!actor.dryRun) terminal.ok(`the report is in ${shown}`);
    }
  }
  if (comparison.verdict !== 'same') return nextLine(run);
  terminal.ok(verdictSentence(comparison));
  if (values.DUMP === undefined) terminal.next(command('db-verify-env', again(run)));
  return undefined;
}

/** The command line for more details: each definition, or else the HTML page. */
function nextLine(run: ReportRun): string | undefined {
  const { values, task, command } = run;
  if (!values.VERBOSE && !values.JSON) return command(task.name, again(run, { VERBOSE: '1' }));
  if (values.HTML === undefined) return command(task.name, again(run, { HTML: USUAL }));
  return undefined;
}

/** The parameters that select the two sides, for a command line that repeats them. */
function again(
  { environment, values }: ReportRun,
  more: Record<string, string> = {},
): Record<string, string> {
  const named = (['BASE', 'DUMP'] as const).flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [[name, value]];
  });
  const without = values.PRIVILEGES === false ? { PRIVILEGES: '0' } : {};
  return { ENV: environment.name, ...(Object.fromEntries(named) as object), ...without, ...more };
}

/** Redacts all texts before anything escapes them: the redactor might not find an escaped secret. */
function redacted<T>(value: T, redactor: Redactor): T {
  if (typeof value === 'string') return redactor.redact(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, redactor)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redactor)])) as T;
}
