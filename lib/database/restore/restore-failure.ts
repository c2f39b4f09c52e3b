import { FailedError, messageOf } from '../../errors.ts';

/** Lines of the statement that are shown. */
const LINES = 5;

/**
 * The error of a restore that stopped, with the same wording for every kind of dump.
 *
 * @param where `TABLE mart.suppliers`, `line 12`
 */
export function restoreFailure(where: string, why: string, statement = '', cause?: unknown): FailedError {
  const lines = statement.trim().split('\n');
  const shown = lines.length > LINES ? [...lines.slice(0, LINES), '…'] : lines;
  return new FailedError([`the restore stopped at ${where}: ${why}`, ...shown].join('\n').trim(), { cause });
}

/**
 * The server's message, and for COPY the row that failed.
 *
 * @param whose `cage`: the file's own role was refused, which has rights in the new database only
 */
export function serverMessage(error: unknown, whose: 'cage' | 'ours' = 'cage'): string {
  const { where, code } = error as { where?: unknown; code?: unknown };
  const row = typeof where === 'string' && where.startsWith('COPY ') ? `\n${where.split('\n')[0]}` : '';
  return messageOf(error) + row + (code === INSUFFICIENT_PRIVILEGE && whose === 'cage' ? `\n${CAGED}` : '');
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501';
const CAGED = '(a file that is restored has rights in the new database only, unless ALLOW=uncaged is typed)';
