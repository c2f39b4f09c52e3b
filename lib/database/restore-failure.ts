import { FailedError, messageOf } from '../errors.ts';

/** Lines of a statement that are shown. */
const LINES = 5;

/**
 * A restore that was stopped by its first error, in the same words whoever restored.
 *
 * @param where `TABLE mart.suppliers`, `line 12`
 */
export function restoreFailure(where: string, why: string, statement = '', cause?: unknown): FailedError {
  const lines = statement.trim().split('\n');
  const shown = lines.length > LINES ? [...lines.slice(0, LINES), '…'] : lines;
  return new FailedError([`the restore stopped at ${where}: ${why}`, ...shown].join('\n').trim(), { cause });
}

/** What the server said, and for data the row that it did not take. */
export function serverMessage(error: unknown): string {
  const where =
    error instanceof Error && 'where' in error && typeof error.where === 'string' ? error.where : '';
  return messageOf(error) + (where.startsWith('COPY ') ? `\n${where.split('\n')[0]}` : '');
}
