import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import type { Ran } from '../helpers/processes.ts';
import { CTRL_C, CTRL_D, onTerminal } from '../helpers/terminal.ts';

const PROD = 'emb_prod';
const RESET = `db-reset-db-env ENV=${PROD} FORCE=1`;

describe('on a protected environment with FORCE=1', () => {
  const scratch = useEmbedded({
    only: ['local_demo', 'vm_prod'],
    environments: {
      [PROD]: { entry: { stack: 'embedded', protected: true }, env: { POSTGRES_PASSWORD: 'prod%40 pw' } },
    },
  });
  const { sql } = localAsker(scratch, PROD, 'app', 'core');
  const journal = (): Record<string, unknown>[] => {
    const file = scratch.path(`journal/${PROD}.jsonl`);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const dumps = (folder = 'backups'): string[] =>
    existsSync(scratch.path(folder))
      ? readdirSync(scratch.path(folder)).filter((name) => name.endsWith('.dump'))
      : [];
  /** All that a reset could touch. */
  const state = async (): Promise<unknown> => ({
    rows: await sql(
      `SELECT x, (SELECT string_agg(datname || oid, ' ' ORDER BY oid) FROM pg_database) FROM kept`,
    ),
    journal: journal(),
    server: scratch.server(PROD),
  });
  const forget = (): void => rmSync(scratch.path('backups'), { recursive: true, force: true });
  /** Runs the reset up to its countdown, and cancels there. */
  const upToCountdown = async (words = RESET): Promise<Ran> => {
    const running = scratch.startTask(words);
    await running.printed('Starting in 5');
    running.interrupt();
    return running.ended;
  };

  beforeAll(async () => {
    await scratch.mustTask(`up ENV=${PROD}`);
    await sql(`CREATE TABLE kept AS SELECT 42 AS x; COMMENT ON TABLE kept IS 'it''s'`);
  }, PATIENCE);

  describe('nothing is touched, and nobody waits, without a backup', () => {
    const refused = ({ status, stderr }: Ran, reason: RegExp): void => {
      expect(stderr).toMatch(/^\[error\] refused; nothing was touched$/m);
      expect(stderr).toMatch(reason);
      expect(stderr).toContain('BACKUP=skip');
      expect(stderr).not.toContain('Starting in');
      expect(status).toBe(77);
    };

    test('when the folder is a file', async () => {
      const before = await state();
      refused(
        await scratch.runTask(`${RESET} BACKUP_DIR=makefile/backups`),
        /no backup could be taken first: .*makefile/,
      );
      expect(await state()).toEqual(before);
    });

    test.each([
      ['is not ours to write to', 'ro', /no backup could be taken first: .*(EROFS|read-only)/],
      ['is on a disk that is full', 'size=8k', /no backup could be taken first: .*has \S+ kB free/],
    ])('when the folder %s', async (_why, options, reason) => {
      const before = await state();
      mkdirSync(scratch.path('mounted'), { recursive: true });
      // A file system of its own, which only this process and its children see.
      const unshare = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
      const mount = `mount -t tmpfs -o ${options} none mounted && exec "$@"`;
      const command = scratch.taskCommand(`${RESET} BACKUP_DIR=mounted`);
      refused(await scratch.start([...unshare, 'sh', '-c', mount, 'sh', ...command]).ended, reason);
      expect(await state()).toEqual(before);
    });

    test('when the dump fails', async () => {
      await sql(`CREATE FUNCTION broken() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
      await sql(`UPDATE pg_proc SET pronamespace = 999999 WHERE proname = 'broken'`);
      const before = await state();
      forget();
      refused(
        await scratch.runTask(RESET),
        /no backup could be taken first: pg_dump failed \(status \d+\).*999999/s,
      );
      expect(dumps()).toEqual([]);
      expect(await state()).toEqual(before);
      await sql(`UPDATE pg_proc SET pronamespace = 'public'::regnamespace WHERE proname = 'broken'`);
      await sql('DROP FUNCTION broken()');
    });

    test('when the database cannot be read', async () => {
      const before = await state();
      const secrets = `secrets/.env.${PROD}.secrets`;
      const password = scratch.read(secrets);
      scratch.write(secrets, 'POSTGRES_PASSWORD=another\n', 0o600);
      const { status, stderr } = await scratch.runTask(RESET);
      scratch.write(secrets, password, 0o600);
      expect(stderr).toMatch(
        /the database of emb_prod cannot be read: the password of .* is not the one that the data was made with/,
      );
      expect(status).toBe(77);
      expect(await state()).toEqual(before);
    });
  });

  test('one that was taken lately and still holds is enough; an older, altered or foreign one is not', async () => {
    forget();
    const before = await state();
    const first = await upToCountdown();
    expect(first.stderr).toMatch(/\[ok\] backed up first: backups\/\S+\.dump \(/);
    const [dump] = dumps();
    expect(first.stderr).toContain(`restore-from-dump.ts ENV=${PROD} DUMP=backups/${dump} FORCE=1`);
    expect(first.stderr.indexOf('backed up first')).toBeLessThan(first.stderr.indexOf('Starting in 5'));

    const again = await upToCountdown();
    expect(again.stderr).toContain(`[ok] a backup that still holds: backups/${dump} (`);
    expect(dumps()).toEqual([dump]);

    expect((await upToCountdown(`${RESET} BACKUP_MAX_AGE=0s`)).stderr).toContain('[ok] backed up first');
    expect(dumps()).toHaveLength(2);

    for (const name of dumps()) {
      const bytes = readFileSync(scratch.path('backups', name));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(scratch.path('backups', name), bytes);
    }
    expect((await upToCountdown()).stderr).toContain('[ok] backed up first');
    expect(dumps()).toHaveLength(3);

    // As a backup of another server's database of the same name.
    for (const name of readdirSync(scratch.path('backups')).filter((one) => one.endsWith('.json'))) {
      const facts = scratch.read(`backups/${name}`);
      const foreign = facts.replace(/("systemIdentifier": ")\d+/, '$17');
      expect(foreign).not.toBe(facts);
      scratch.write(`backups/${name}`, foreign);
    }
    expect((await upToCountdown()).stderr).toContain('[ok] backed up first');
    expect(dumps()).toHaveLength(4);
    expect(await state()).toEqual(before);
  });

  test('what is wrong with the env files of another environment is named, and quoted nowhere', async () => {
    const secrets = 'secrets/.env.vm_prod.secrets';
    const good = scratch.read(secrets);
    onTestFinished(() => scratch.write(secrets, good, 0o600));
    // The second is for compose only to complain of, where there is one.
    for (const [line, reason] of [
      ['POSTGRES_PASSWORD n3ver-shown', `${secrets}:1: is not of the form NAME=value`],
      ['POSTGRES_PASSWORD="n3ver-${shown"', ''],
    ] as const) {
      scratch.write(secrets, `${line}\n`, 0o600);
      const { stdout, stderr, status } = await scratch.runTask(`${RESET} DRY_RUN=1`);
      expect(stderr).toContain('[warn] vm_prod cannot be compared with');
      expect(stderr).toContain(reason);
      expect(stdout + stderr).not.toContain('n3ver');
      expect(status).toBe(0);
    }
  });

  test('a dry run shows the same screen and the backup it would take, waits for nothing and leaves no trace', async () => {
    forget();
    const before = await state();
    const { stdout, stderr, status } = await scratch.runTask(`${RESET} DRY_RUN=1`);
    expect(stderr).toMatch(/^ {4}environment +emb_prod, PROTECTED$/m);
    expect(stderr).toMatch(/^ {4}marker +emb_prod$/m);
    expect(stdout).toContain('# a verified backup of core in backups');
    expect(stdout).toContain('ALTER DATABASE "core" RENAME TO "core__old_');
    expect(stdout + stderr).not.toContain('prod%40 pw');
    expect(status).toBe(0);
    expect(await state()).toEqual(before);
    expect(existsSync(scratch.path('backups'))).toBe(false);
    expect(readdirSync(scratch.path('journal'))).toEqual([]);
  });

  describe('and a terminal, the name is typed', () => {
    const type = (typed: string, words = RESET): Promise<Ran> =>
      scratch.start(onTerminal(scratch.taskCommand(words), typed, `Type ${PROD} to go on:`)).ended;

    test.each([
      ['another name', 'emb_stg\r', '"emb_stg" is not emb_prod: cancelled; nothing was touched'],
      ['yes', 'yes\r', '"yes" is not emb_prod'],
      ['nothing', '\r', '"" is not emb_prod'],
      ['Ctrl-D', CTRL_D, 'nothing was typed: cancelled; nothing was touched'],
      ['Ctrl-C', CTRL_C, 'cancelled'],
    ])('%s: 130, and nothing is touched', async (_what, typed, reason) => {
      const before = await state();
      const { status, stdout } = await type(typed);
      expect(stdout).toContain(reason);
      expect(stdout).not.toContain('Starting in');
      expect(status).toBe(130);
      expect(await state()).toEqual(before);
    });

    test('the name: the countdown follows', async () => {
      const before = await state();
      const running = scratch.start(
        onTerminal(scratch.taskCommand(RESET), `${PROD}\r`, `Type ${PROD} to go on:`),
      );
      await running.printed('Starting in 5');
      running.interrupt();
      await running.ended;
      expect(await state()).toEqual(before);
    });

    test('that only the output leaves (… 2>&1 | tee log): the name is typed all the same', async () => {
      const piped = ['sh', '-c', '"$@" 2>&1 | cat', 'sh', ...scratch.taskCommand(RESET)];
      const { stdout } = await scratch.start(onTerminal(piped, 'yes\r', `Type ${PROD} to go on:`)).ended;
      expect(stdout).toContain('"yes" is not emb_prod');
      expect(stdout).not.toContain('Starting in');
    });

    test('nobody is asked in a dry run', async () => {
      const { status, stdout } = await type('', `${RESET} DRY_RUN=1`);
      expect(stdout).not.toContain('Type ');
      expect(status).toBe(0);
    });
  });

  test('BACKUP=skip counts only when typed, is warned of, and stands in the journal', async () => {
    forget();
    const exported = scratch.startTask(RESET, { env: { BACKUP: 'skip' } });
    await exported.printed('Starting in 5');
    exported.interrupt();
    expect((await exported.ended).stderr).toContain('[ok] backed up first');
    forget();
    const words = `al-stamp-env ENV=${PROD} FORCE=1 REV=nothing_like_it BACKUP=skip`;
    const { status, stderr } = await scratch.runTask(words);
    expect(stderr).toContain('[warn] BACKUP=skip: no backup of emb_prod is taken; the journal will say so');
    expect(status).not.toBe(0);
    expect(dumps()).toEqual([]);
    expect(journal().slice(-2)).toMatchObject([
      {
        ...{ event: 'start', backup: 'skip', task: 'al-stamp-env' },
        parameters: { BACKUP: { value: 'skip', origin: 'command line' } },
      },
      { event: 'end', outcome: 'failed' },
    ]);
    expect((await scratch.mustTask(`journal ENV=${PROD}`)).stdout).toContain('; BACKUP=skip');
  });

  test('the backup exists and verifies, only then is the data gone, and it restores', async () => {
    forget();
    const running = scratch.startTask(`${RESET} WAIT=0`);
    await running.printed('Starting in 5');
    // By now the backup is whole, and the data is there.
    const [dump, ...others] = dumps();
    expect(others).toEqual([]);
    const sha256 = createHash('sha256')
      .update(readFileSync(scratch.path('backups', dump!)))
      .digest('hex');
    expect(JSON.parse(scratch.read(`backups/${dump}.json`))).toMatchObject({ sha256, environment: PROD });
    expect(await sql('SELECT x FROM kept')).toBe('42');

    const { status, stderr } = await running.ended;
    expect(status, stderr).toBe(0);
    expect(await sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
    expect(journal().slice(-2)).toMatchObject([
      {
        event: 'start',
        environment: PROD,
        backup: `backups/${dump}`,
        target: { tables: 1, database: 'core' },
      },
      { event: 'end', outcome: 'done' },
    ]);

    await scratch.mustTask(`restore-from-dump ENV=${PROD} DUMP=backups/${dump} FORCE=1 BACKUP=skip`);
    expect(await sql(`SELECT x, obj_description('kept'::regclass) FROM kept`)).toBe("42|it's");
    // The marker is the environment's own.
    expect((await scratch.mustTask(`db-mark-env ENV=${PROD}`)).stdout).toBe(`${PROD}\n`);
  });
});
