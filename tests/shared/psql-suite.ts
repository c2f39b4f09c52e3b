import { expect, test } from 'vitest';
import { succeeded, type Ran } from '../helpers/processes.ts';
import type { Scratch } from '../helpers/scratch.ts';
import { CTRL_C, onTerminal } from '../helpers/terminal.ts';

export interface PsqlCase {
  readonly environment: string;
  readonly user: string;
  readonly database: string;
  /** What a dry run shows begins with this. */
  readonly command: RegExp;
  readonly password: () => string;
}

/** What `psql` does on every kind of stack. The database runs and may be written to. */
export function psqlSuite(scratch: Scratch, about: PsqlCase): void {
  const { environment, user, database } = about;
  const psql = (...words: string[]): Promise<Ran> =>
    scratch.runTask(['psql', `ENV=${environment}`, ...words]);

  test('psql runs what it is given, keeps its status, and stops at the first error', async () => {
    const { stdout, stderr } = succeeded(await psql("SQL=SELECT current_user || '@' || current_database()"));
    expect(stdout).toContain(`${user}@${database}`);
    expect(stderr).toContain(`${environment}: ${database} as `);
    expect((await psql('SELECT 1 AS bare')).stdout).toContain('bare');
    const failed = await psql('SELECT 1/0; CREATE TABLE not_made ()');
    expect(failed.stderr).toContain('ERROR:  division by zero');
    expect(failed.status).toBe(3);
    expect((await psql("SELECT to_regclass('not_made') IS NULL AS x")).stdout).toMatch(/^ t$/m);
  });

  test('psql reads what is piped', async () => {
    const task = scratch.taskCommand(`psql ENV=${environment}`);
    const piped = ['bash', '-c', 'printf "SELECT 40 + 2;" | "$@"', 'bash', ...task];
    expect((await scratch.start(piped).ended).stdout).toContain('42');
  });

  test('psql reads only where WRITE=0 says so, and no secret is among its arguments', async () => {
    const write = await psql('WRITE=0', 'SQL=CREATE TABLE made ()');
    expect(write.stderr).toContain('in a read-only transaction');
    expect(write.status).toBe(3);
    const dry = succeeded(await psql('DRY_RUN=1'));
    expect(dry.stdout).toMatch(about.command);
    expect(dry.stdout + dry.stderr).not.toContain(about.password());
  });

  test('psql on a terminal has a prompt that names the environment, and Ctrl-C is for it', async () => {
    const typed = onTerminal(
      scratch.taskCommand(`psql ENV=${environment}`),
      ...[
        "DO $$ BEGIN RAISE NOTICE 'sl%ps', 'ee'; PERFORM pg_sleep(600); END $$;\n",
        `[${environment}] ${database}=`,
      ],
      // It has begun.
      ...[CTRL_C, 'NOTICE:  sleeps'],
      ...['SELECT 6 * 7;\n', 'canceling statement due to user request'],
      ...['\\q\n', ' 42'],
    );
    const { status, stdout } = await scratch.start(typed, { env: { PAGER: 'cat' } }).ended;
    expect(stdout).toContain('canceling statement due to user request');
    expect(status).toBe(0);
  });
}
