import { describe, expect, test } from 'vitest';
import { advise } from '../../lib/migrations/advice.ts';
import { describeFailure, findInProject, parseFailure } from '../../lib/migrations/failure.ts';
import { temporaryFolder } from './support.ts';

const LOG = `INFO  [alembic.runtime.migration] Context impl PostgresqlImpl.
INFO  [alembic.runtime.migration] Running upgrade  -> 0001, First.
INFO  [alembic.runtime.migration] Running upgrade 0001 -> 0002_weights, Adds the weights.
`;
const TRACEBACK = `Traceback (most recent call last):
  File "/usr/lib/python3/dist-packages/sqlalchemy/engine/base.py", line 1900, in _execute_context
    self.dialect.do_execute(
psycopg.errors.DuplicateColumn: column "net_weight" of relation "receive_daily" already exists

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/usr/bin/alembic", line 8, in <module>
    sys.exit(main())
             ^^^^^^
  File "/backend/migrations/alembic/env.py", line 43, in <module>
    run_migrations(connection=connection)
  File "<string>", line 8, in run_migrations
  File "/backend/migrations/alembic/versions/0002_weights.py", line 11, in upgrade
    op.execute("ALTER TABLE mart.receive_daily ADD COLUMN net_weight numeric(12,2)")
  File "/usr/lib/python3/dist-packages/sqlalchemy/engine/default.py", line 736, in do_execute
    cursor.execute(statement, parameters)
`;
const SQL_ERROR = `sqlalchemy.exc.ProgrammingError: (psycopg.errors.DuplicateColumn) column "net_weight" of relation "receive_daily" already exists

[SQL: ALTER TABLE mart.receive_daily ADD COLUMN net_weight numeric(12,2)
  NOT NULL DEFAULT '[1]'::text]
(Background on this error at: https://sqlalche.me/e/20/f405)
`;

describe('parseFailure', () => {
  test('a statement that the database refused', () => {
    expect(parseFailure(LOG + TRACEBACK + SQL_ERROR)).toEqual({
      revision: '0002_weights',
      file: '/backend/migrations/alembic/versions/0002_weights.py',
      line: 11,
      statement: `ALTER TABLE mart.receive_daily ADD COLUMN net_weight numeric(12,2)\n  NOT NULL DEFAULT '[1]'::text`,
      message: 'column "net_weight" of relation "receive_daily" already exists',
    });
  });

  test('parameters, and a message of several lines', () => {
    const error = `sqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "k"
DETAIL:  Key (id)=(1) already exists.

[SQL: INSERT INTO t VALUES (%(id)s)]
[parameters: {'id': 1}]
(Background on this error at: https://sqlalche.me/e/14/gkpj)
`;
    expect(parseFailure(LOG + TRACEBACK + error)).toMatchObject({
      statement: 'INSERT INTO t VALUES (%(id)s)',
      message: 'duplicate key value violates unique constraint "k"\nDETAIL:  Key (id)=(1) already exists.',
    });
  });

  test('an exception of the revision itself', () => {
    expect(
      parseFailure(`${LOG}${TRACEBACK}RuntimeError: mart.mv is missing: run 0001 first\n`),
    ).toMatchObject({
      statement: undefined,
      message: 'mart.mv is missing: run 0001 first',
    });
    expect(parseFailure(`${LOG}${TRACEBACK}KeyboardInterrupt\n`)).toMatchObject({
      message: 'KeyboardInterrupt',
    });
  });

  test.each([
    [`KeyError: 'weight'`, `KeyError: 'weight'`],
    [`ModuleNotFoundError: No module named 'units'`, `ModuleNotFoundError: No module named 'units'`],
    ['alembic.util.exc.CommandError: Requested revision 1', 'Requested revision 1'],
  ])('an exception of Python keeps its class, without which it says little: %s', (exception, message) => {
    expect(parseFailure(`${LOG}${TRACEBACK}${exception}\n`)).toMatchObject({ message });
  });

  test('a file that is not Python', () => {
    const error = `  File "/backend/migrations/alembic/versions/0003.py", line 8
    op.execute("SELECT 1"
              ^
SyntaxError: '(' was never closed
`;
    expect(parseFailure(TRACEBACK + error)).toEqual({
      ...{ revision: undefined, statement: undefined, line: 8 },
      file: '/backend/migrations/alembic/versions/0003.py',
      message: `SyntaxError: '(' was never closed`,
    });
  });

  test('a revision that follows one that is not there', () => {
    const warning =
      '/lib/alembic/script/revision.py:242: UserWarning: Revision 0009 referenced from 0009 -> 0010 (head), Next. is not present\n';
    expect(parseFailure(`${warning}${TRACEBACK}KeyError: '0009'\n`)).toMatchObject({
      message: 'Revision 0009 referenced from 0009 -> 0010 (head), Next. is not present',
    });
  });

  test('a downgrade names the revision that is undone', () => {
    const log =
      'INFO  [alembic.runtime.migration] Running downgrade 0002_weights -> 0001, Adds the weights.\n';
    expect(parseFailure(log + TRACEBACK + SQL_ERROR)).toMatchObject({ revision: '0002_weights' });
  });

  test('alembic itself does not know what to do', () => {
    expect(parseFailure("FAILED: Can't locate revision identified by 'nosuch'\n")).toEqual({
      ...{ revision: undefined, file: undefined, line: undefined, statement: undefined },
      message: "Can't locate revision identified by 'nosuch'",
    });
  });

  test('nothing that could be read', () => {
    expect(parseFailure('/bin/sh: 1: alembic: not found\n')).toBeUndefined();
  });
});

test('the file of the project', () => {
  const root = temporaryFolder({ 'app/versions/0002_weights.py': '', 'node_modules/0002_weights.py': '' });
  expect(findInProject(root, '/backend/versions/0002_weights.py')).toBe('app/versions/0002_weights.py');
  expect(findInProject(root, '/backend/versions/0003.py')).toBe('/backend/versions/0003.py');
});

test('what a tired person needs', () => {
  const failure = { ...parseFailure(LOG + TRACEBACK + SQL_ERROR)!, file: 'app/versions/0002_weights.py' };
  expect(describeFailure(failure, 'core_stg', ['0001'])).toMatchInlineSnapshot(`
    "revision 0002_weights failed; core_stg is at 0001
    file       app/versions/0002_weights.py, line 11
    database   column "net_weight" of relation "receive_daily" already exists
    statement  ALTER TABLE mart.receive_daily ADD COLUMN net_weight numeric(12,2)
                 NOT NULL DEFAULT '[1]'::text"
  `);
  const early = parseFailure("FAILED: Can't locate revision identified by 'nosuch'\n")!;
  expect(describeFailure(early, 'core_stg', [])).toBe(
    "alembic failed; core_stg has no revision\nreason     Can't locate revision identified by 'nosuch'",
  );
});

describe('what to do about it', () => {
  const failure = { revision: '0002', file: 'v/0002.py', line: 1, statement: undefined };
  const usual = {
    at: ['0001'],
    builtIn: false,
    again: 'make al-up-env',
    line: (task: string) => `make ${task}`,
  };

  test.each<[message: string, differently: object, advice: string | undefined]>([
    ['column "x" already exists', {}, 'correct it, then: make al-up-env'],
    ['column "x" already exists', { builtIn: true }, 'correct it, then: make rebuild, and: make al-up-env'],
    ['column "x" already exists', { file: undefined }, undefined],
    [
      "Multiple head revisions are present for given argument 'head'; please specify …",
      { file: undefined },
      'make al-heads-env lists them; let one follow the other (down_revision), or join them (alembic merge heads), then: make al-up-env',
    ],
    [
      "Can't locate revision identified by '0001'",
      { file: undefined, builtIn: true },
      'the database is at 0001, which the code here does not have: get the code that has it, then: make rebuild, and: make al-up-env',
    ],
    ["Can't locate revision identified by '7'", { file: undefined }, 'make al-hist-env lists all revisions'],
    [
      'Revision 0009 referenced from 0009 -> 0010 (head), Next. is not present',
      { file: undefined },
      'correct the down_revision of the one that follows it, or get the file that is missing, then: make al-up-env',
    ],
    [
      'canceling statement due to lock timeout',
      {},
      'nothing to correct: another session is in the way, or the statement takes long; then: make al-up-env',
    ],
    ['password authentication failed for user "app"', { file: undefined }, 'make check'],
  ])('%s %j', (message, differently, advice) => {
    expect(advise({ ...failure, message, ...differently }, { ...usual, ...differently })).toBe(advice);
  });
});

test('a database that cannot be read is not one without a revision', () => {
  const early = parseFailure("FAILED: Can't locate revision identified by 'nosuch'\n")!;
  expect(describeFailure(early, 'core_stg', undefined)).toContain(
    'alembic failed; core_stg cannot be read\n',
  );
});
