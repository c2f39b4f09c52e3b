import { relative } from 'node:path';
import { UsageError } from '../../errors.ts';
import type { Redactor } from '../../output/redact.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { Run } from '../../run/run.ts';
import { lookAtDestination, type Destination } from '../../system/destination.ts';
import { writeWhole } from '../../system/files.ts';
import { REPORT } from './ours.ts';

/** A run of a task that writes a page as well. */
type PageRun = Pick<
  Run<Giving<{ HTML: string | undefined; JSON: boolean }>>,
  'values' | 'root' | 'terminal' | 'actor'
>;

/** Where a page goes: `-` for standard output. */
export type Page = Destination | '-';

export const USUAL = 'report.html';

/**
 * Checks the path of the HTML page, before the long work starts.
 *
 * @returns undefined without HTML
 * @throws RefusedError or FailedError if the page cannot be written there
 */
export async function lookAtPage({
  values,
  root,
}: Pick<PageRun, 'values' | 'root'>): Promise<Page | undefined> {
  const { HTML: given } = values;
  if (given !== '-')
    return given === undefined ? undefined : lookAtDestination(given, 'HTML', REPORT, USUAL, root);
  if (values.JSON) throw new UsageError('JSON=1 and HTML=- both want standard output');
  return '-';
}

/**
 * Writes the page, or prints it.
 *
 * @param text of what `redacted` has returned
 * @throws FailedError if it cannot be written
 */
export async function writePage(
  { values, terminal, actor }: PageRun,
  page: Page,
  text: string,
): Promise<void> {
  if (page === '-') return terminal.result(text.trimEnd());
  const shown = relative('', page.path);
  await actor.act(`# write the report to ${values.HTML}`, () =>
    writeWhole(page.path, 0o600, (output) => void output.write(text), page.over),
  );
  if (!actor.dryRun) terminal.ok(`the report is in ${shown}`);
}

/** Redacts all texts before anything escapes them: the redactor might not find an escaped secret. */
export function redacted<T>(value: T, redactor: Redactor): T {
  if (typeof value === 'string') return redactor.redact(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, redactor)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redactor)])) as T;
}
