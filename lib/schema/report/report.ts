import type { StackRun } from '../../run/run.ts';
import { redacted, USUAL, writePage, type Page } from './page.ts';
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
 * Shows a comparison, as VERBOSE, JSON and HTML ask for it.
 *
 * @param page the checked path of the HTML page
 * @returns the next command line to type, if the verdict is not `same`
 * @throws FailedError if the page cannot be written
 */
export async function reportComparison(
  found: Comparison,
  run: ReportRun,
  page: Page | undefined,
): Promise<string | undefined> {
  const { terminal, values, command } = run;
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
    await writePage(run, page, renderHtml(comparison, { at: new Date() }));
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
