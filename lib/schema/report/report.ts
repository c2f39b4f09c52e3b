import { relative, resolve } from 'node:path';
import { display } from '../../display.ts';
import { writeWhole } from '../../files.ts';
import type { Redactor } from '../../redact.ts';
import type { StackRun } from '../../task.ts';
import type { Comparison } from '../comparison.ts';

/**
 * Shows a comparison as the run's VERBOSE, JSON and HTML ask for it, with the next lines to type.
 *
 * @throws FailedError when the page cannot be written
 */
export async function reportComparison(found: Comparison, run: StackRun): Promise<void> {
  const { terminal, values, actor } = run;
  const comparison = redacted(found, terminal.redactor);
  if (values['JSON'] === true) {
    const { renderJson } = await import('./json.ts');
    terminal.result(renderJson(comparison));
  } else {
    const { renderTerminal } = await import('./terminal.ts');
    const verbose = values['VERBOSE'] === true;
    terminal.result(renderTerminal(comparison, { verbose, style: terminal.styleResult }));
  }
  const page = values['HTML'] as string | undefined;
  if (page !== undefined) {
    const { renderHtml } = await import('./html.ts');
    const text = renderHtml(comparison, { at: new Date() });
    await actor.act(`# write the report to ${page}`, () =>
      writeWhole(resolve(page), 0o600, (output) => void output.write(text)),
    );
    if (!actor.dryRun) terminal.ok(`the report is in ${relative('', resolve(page))}`);
  }
  nextLines(comparison, run).forEach(terminal.next);
}

/** Before anything is escaped: a secret with a quote in it would look different afterwards. */
function redacted<T>(value: T, redactor: Redactor): T {
  if (typeof value === 'string') return redactor.redact(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => redacted(item, redactor)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redacted(item, redactor)])) as T;
}

function nextLines({ verdict, differences }: Comparison, run: StackRun): string[] {
  const { environment, values, command, task } = run;
  const again = { ENV: environment.name, ...(values['BASE'] ? { BASE: values['BASE'] as string } : {}) };
  if (verdict === 'same') return [command('db-verify-env', again)];
  if (differences.length === 0) return [];
  const lines =
    values['VERBOSE'] === true || values['JSON'] === true
      ? []
      : [command(task.name, { ...again, VERBOSE: '1' })];
  const page = values['HTML'] as string | undefined;
  if (page === undefined) return [...lines, command(task.name, { ...again, HTML: 'report.html' })];
  return [...lines, display({ file: 'open', args: [page] })];
}
