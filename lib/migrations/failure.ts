import { basename, posix } from 'node:path';
import { excerptOf } from './excerpt.ts';
import { filesNamed } from './files-named.ts';
import { describeCourse, type MigrationFailure } from '../stack/alembic/failure-report.ts';
import { printableLine } from '../output/printable.ts';
import { describeRevisions } from '../database/revisions.ts';

/**
 * Finds the failure in Alembic's output: its log lines, a Python traceback and, in SQLAlchemy's format, the driver's
 * message and the statement.
 *
 * @see https://docs.sqlalchemy.org/en/20/core/exceptions.html
 */
export function parseFailure(output: string): MigrationFailure | undefined {
  const running = [...output.matchAll(/Running (?:up|down)grade (\S*) -> ([^\s,]*)/g)].at(-1);
  // In the line of a downgrade, the first revision is the one that is undone.
  const revision = running && (/Running downgrade/.test(running[0]) ? running[1] : running[2]);
  const traceback = output.lastIndexOf('Traceback (most recent call last):');
  if (traceback < 0) {
    const said =
      output.match(/^FAILED: (.*)$/m)?.[1] ?? output.match(/^ERROR +\[alembic[^\]]*\] (.*)$/m)?.[1];
    return said === undefined
      ? undefined
      : { revision, file: undefined, line: undefined, statement: undefined, message: said };
  }
  const text = output.slice(traceback);
  // The frame of a syntax error names no function.
  const frame = [...text.matchAll(/^ {2}File "([^"]+)", line (\d+)(?:, in |$)/gm)]
    .filter(([, path = '']) => isOwn(path))
    .at(-1);
  const exception = lastException(text);
  const statement = exception.match(/^\[SQL: ([\s\S]*?)\]\n(?:\[parameters: |\(Background )/m)?.[1];
  return {
    revision,
    file: frame?.[1],
    line: frame && Number(frame[2]),
    statement,
    message: missingRevision(output) ?? messageIn(exception),
  };
}

/** Whether it is a file of the project: not of a library, and not env.py, which is in every traceback. */
const isOwn = (path: string): boolean =>
  !/[/\\](?:site|dist)-packages[/\\]|[/\\]lib[/\\]python|^</.test(path) && posix.basename(path) !== 'env.py';

/** The exception and its details: everything after the last stack frame of the traceback. */
function lastException(text: string): string {
  const lines = text.trimEnd().split('\n');
  const lastFrame = lines.findLastIndex((line) => /^ {2}File "/.test(line));
  const from = lines.findIndex((line, index) => index > lastFrame && /^\S/.test(line));
  return from < 0 ? '' : `${lines.slice(from).join('\n')}\n`;
}

/** Alembic warns about the missing revision, and then fails with a KeyError that only contains its name. */
const missingRevision = (output: string): string | undefined =>
  output.match(/\b(Revision \S+ referenced from .+) is not present/)?.[0];

/**
 * The message in an exception. `(psycopg.errors.DuplicateColumn) column … already exists` → without the class. Python's
 * own exceptions keep their class, because they say little without it: `KeyError: 'weight'`.
 */
function messageIn(exception: string): string {
  const [, name = '', said = ''] =
    exception.match(/^([\w.]+): ?([\s\S]*?)(?:\n\s*\n?\[SQL: |\n\(Background |$(?![\s\S]))/) ?? [];
  const plain = said.replace(/^\([\w.]+\) /, '').trim();
  if (plain === '') return exception.trim();
  return name.includes('.') || /^(Runtime)?(Error|Exception)$/.test(name) ? plain : `${name}: ${plain}`;
}

/** The project's file with the same name as a path in a container. If there is none, the path as it is. */
export const findInProject = (root: string, path: string): string =>
  filesNamed(root, basename(path))[0] ?? path;

/** Lines of the database's message that are shown; the saved output has all of them. */
const WORDS = 4;

/**
 * The failure in a few lines, which fit on one screen together with the hint.
 *
 * @param at revisions that the database is at; undefined if it could not be read
 * @param output where the whole output is saved
 */
export function describeFailure(
  failure: MigrationFailure,
  database: string,
  at: readonly string[] | undefined,
  output?: string,
): string {
  const { revision, file, line, statement, position, message, course } = failure;
  const where = at ? describeRevisions(at) : 'cannot be read';
  const inFunction = failure.function === undefined ? '' : `, in ${failure.function}`;
  const said = message.split('\n').map(printableLine);
  const words = said.length > WORDS ? [...said.slice(0, WORDS), '…'] : said;
  const excerpt = statement === undefined ? undefined : excerptOf(statement, position, message);
  const rows: [string, readonly string[]][] = [
    ['file', file === undefined ? [] : [`${file}${line === undefined ? '' : `, line ${line}${inFunction}`}`]],
    [statement === undefined ? 'reason' : 'database', words],
    ['statement', excerpt ? [...(excerpt.note === undefined ? [] : [excerpt.note]), ...excerpt.lines] : []],
    ...(course ? describeCourse(course, at).map(([label, text]) => [label, [text]] as const) : []),
    ['output', output === undefined ? [] : [output]],
  ].map(([label, lines]) => [label as string, lines as readonly string[]]);
  return [
    `${revision === undefined ? 'alembic failed' : `revision ${revision} failed`}; ${database} ${where}`,
    ...rows.flatMap(([label, lines]) =>
      lines.map((text, index) => `${(index === 0 ? label : '').padEnd(10)} ${text}`.trimEnd()),
    ),
  ].join('\n');
}
