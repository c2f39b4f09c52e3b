import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';

interface Record {
  proven: boolean;
  on: string;
  checks: { check: string; state: string; found: string }[];
}

describe('backup-drill-env', { timeout: PATIENCE }, () => {
  const scratch = useEmbedded({
    environments: { second: { entry: { stack: 'embedded', local: true } } },
  });
  const db = localAsker(scratch);
  const databases = (): Promise<string> =>
    db.sql(`SELECT string_agg(datname || ' ' || oid, ',' ORDER BY 1) FROM pg_database`);
  let kept = '';
  let dump = '';

  beforeAll(async () => {
    await scratch.mustTask('up ENV=local_demo');
    await scratch.mustTask('al-up-env ENV=local_demo');
    await db.sql(`
      CREATE TABLE parent (id int PRIMARY KEY, name text NOT NULL CHECK (name <> ''));
      CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent);
      INSERT INTO parent SELECT n, 'name ' || n FROM generate_series(1, 300) AS n;
      INSERT INTO child SELECT n, n FROM generate_series(1, 300) AS n;
      ALTER TABLE child ADD CONSTRAINT later CHECK (id < 100) NOT VALID;
      CREATE ROLE drilled_auditor;
      CREATE POLICY audited ON parent TO drilled_auditor USING (true);
      ALTER TABLE parent OWNER TO drilled_auditor;
      -- It keeps no other database from being made beside this one, though it could not be replaced.
      CREATE SUBSCRIPTION receiving CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false)`);
    kept = (await scratch.mustTask('backup ENV=local_demo')).stdout.trim();
  }, PATIENCE);

  /** A copy each, so that one damage does not meet another. */
  beforeEach(() => {
    const folder = 'drilled';
    rmSync(scratch.path(folder), { recursive: true, force: true });
    dump = kept.replace(/^backups/, folder);
    for (const suffix of ['', '.json'])
      cpSync(scratch.path(kept + suffix), scratch.path(dump + suffix), { recursive: true });
  });

  const drill = (words = ''): ReturnType<typeof scratch.runTask> =>
    scratch.runTask(`backup-drill-env ENV=local_demo BACKUP_DIR=drilled ${words}`);
  const record = (): Record => JSON.parse(scratch.read(`${dump}.drill.json`)) as Record;

  test('a good backup is proven: its record stands beside it, and nothing else is left', async () => {
    const before = await databases();
    const { status, stdout, stderr } = await drill();
    expect(stdout).not.toContain('✗');
    expect(stderr).toContain('[ok] local_demo: the backup of ');
    expect(status).toBe(0);
    expect(record()).toMatchObject({ proven: true, on: 'local_demo' });
    expect(statSync(scratch.path(`${dump}.drill.json`)).mode & 0o777).toBe(0o600);
    expect(await databases()).toBe(before);
    expect(await db.sql('SELECT count(*) FROM parent')).toBe('300');
    const listed = await scratch.mustTask('backups ENV=local_demo BACKUP_DIR=drilled');
    expect(listed.stdout).toMatch(/PROVEN/);
    expect(listed.stdout).toMatch(/ago on local_demo/);
  });

  test('on the server of another environment, also where its own does not run', async () => {
    await scratch.mustTask('up ENV=second');
    await scratch.mustTask('down ENV=local_demo');
    try {
      const { status, stdout, stderr } = await drill('ON=second');
      // The role is not there: the policy is for nobody, and is said to be left out.
      expect(stdout).toMatch(
        /! restored .*without POLICY public.parent audited: a policy for a role that is not here/,
      );
      expect(stdout).toMatch(/objects .*definitions are not compared: some are left out/);
      expect(stderr).toContain('it came back whole on second');
      expect(status).toBe(0);
      expect(record()).toMatchObject({ proven: true, on: 'second' });
    } finally {
      await scratch.mustTask('up ENV=local_demo');
    }
  });

  const facts = (): { rows: { [table: string]: number }; sha256: string; size: number } =>
    JSON.parse(scratch.read(`${dump}.json`)) as never;
  const writeFacts = (change: object): void =>
    scratch.write(`${dump}.json`, JSON.stringify({ ...facts(), ...change }));
  const bytes = (): Buffer => readFileSync(scratch.path(dump));
  /** As somebody would who "repairs" the facts: only what the backup holds can tell then. */
  const refit = (changed: Buffer): void => {
    writeFileSync(scratch.path(dump), changed);
    writeFacts({ sha256: createHash('sha256').update(changed).digest('hex'), size: changed.length });
  };
  /** Another word of the same length, wherever it stands in the table of contents. */
  const replaced = (from: string, to: string): Buffer => {
    const changed = bytes();
    let found = 0;
    for (let at = changed.indexOf(from); at >= 0; at = changed.indexOf(from, at + 1), found++)
      changed.write(to, at, 'latin1');
    expect([from.length, found > 0]).toEqual([to.length, true]);
    return changed;
  };

  const damages: [what: string, damage: () => unknown, where: string][] = [
    ['a bit of its data', () => writeFileSync(scratch.path(dump), flipped(bytes())), 'file'],
    ['its end is missing', () => truncateSync(scratch.path(dump), bytes().length - 100), 'file'],
    ['something stands behind its end', () => appendFileSync(scratch.path(dump), 'x'), 'file'],
    ['it is empty', () => truncateSync(scratch.path(dump), 0), 'file'],
    ['the facts are of another one', () => writeFacts({ sha256: 'a'.repeat(64) }), 'file'],
    ['a bit of its data, and the checksum fits', () => refit(flipped(bytes())), 'archive'],
    [
      'its table of contents, and the checksum fits',
      () => refit(Buffer.concat([bytes().subarray(0, 4000), bytes().subarray(4001)])),
      'archive',
    ],
    [
      'rows that were there are not',
      () => writeFacts({ rows: { ...facts().rows, 'public.parent': 301 } }),
      'rows in the file',
    ],
    [
      'a table that was there is not',
      () => writeFacts({ rows: { ...facts().rows, 'public.gone': 5 } }),
      'rows in the file',
    ],
    [
      'a foreign key that its rows break',
      () => refit(replaced('REFERENCES public.parent(id)', 'REFERENCES public.child (xd)')),
      'restored',
    ],
    [
      'a statement that no server takes',
      () => refit(replaced('CREATE TABLE public.child', 'CREATE TABLE public.ch ld')),
      'restored',
    ],
    [
      'a constraint that nobody has looked at',
      () => refit(replaced('PRIMARY KEY (id);', 'PRIMARY KEY (ie);')),
      'restored',
    ],
  ];
  test.each(damages)('is found: %s', async (_what, damage, where) => {
    const before = await databases();
    damage();
    const { status, stderr } = await drill();
    expect(stderr).toContain('is not proven: ');
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    const { proven, checks } = record();
    expect(proven).toBe(false);
    expect(checks.filter(({ state }) => state === 'failed').map(({ check }) => check)).toEqual([where]);
    expect(await databases()).toBe(before);
    const listed = await scratch.runTask('backups ENV=local_demo BACKUP_DIR=drilled');
    expect(listed.stdout).toMatch(/FAILED|BROKEN/);
  });

  test('without its facts it is no backup, and the line to type is said', async () => {
    rmSync(scratch.path(`${dump}.json`));
    const { status, stderr } = await drill();
    expect(stderr).toContain('drilled has no backup of local_demo');
    expect(stderr).toContain('backup.ts ENV=local_demo');
    expect(status).toBe(77);
    expect(readdirSync(scratch.path('drilled')).some((name) => name.endsWith('.drill.json'))).toBe(false);
  });

  test('one that was killed leaves nothing that the next one does not remove', async () => {
    const before = await databases();
    const running = scratch.startTask('backup-drill-env ENV=local_demo BACKUP_DIR=drilled');
    await expect.poll(databases, { timeout: PATIENCE, interval: 20 }).toContain('core_demo__new');
    process.kill(-running.child.pid!, 'SIGKILL');
    await running.ended;
    const { status, stderr } = await drill();
    expect(stderr).toContain('it came back whole on local_demo');
    expect(status).toBe(0);
    expect(await databases()).toBe(before);
  });

  test('the record of one dump is none of another, and KEEP removes both', async () => {
    expect((await drill()).status).toBe(0);
    writeFacts({ sha256: 'b'.repeat(64) });
    const listed = await scratch.runTask('backups ENV=local_demo BACKUP_DIR=drilled');
    expect(listed.stdout).not.toMatch(/ago on local_demo/);
    cpSync(scratch.path(`${kept}.json`), scratch.path(`${dump}.json`));
    await scratch.mustTask('backup ENV=local_demo BACKUP_DIR=drilled KEEP=1');
    for (const suffix of ['', '.json', '.drill.json'])
      expect(existsSync(scratch.path(dump + suffix))).toBe(false);
  });

  function flipped(before: Buffer): Buffer {
    const after = Buffer.from(before);
    const at = Math.floor(after.length * 0.97);
    after[at] = after[at]! ^ 0x10;
    return after;
  }
});
