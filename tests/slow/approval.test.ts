import { existsSync, writeFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { run, succeeded, type Ran } from '../helpers/processes.ts';
import { securityKey, softwareKey } from '../helpers/ssh-keys.ts';
import { onTerminal } from '../helpers/terminal.ts';

const person = securityKey();
const stranger = securityKey();
const software = softwareKey();

const scratch = useEmbedded({
  environments: {
    signed: { entry: { stack: 'embedded', protected: true, approve: { keys: [person.publicKey] } } },
    watched: { entry: { stack: 'embedded', protected: true } },
    never: { entry: { stack: 'embedded', protected: 'never' } },
  },
});
const RESET = 'db-reset-db-env ENV=signed FORCE=1 BACKUP=skip';
const { sql } = localAsker(scratch, 'signed', 'app', 'core');
const git = async (...words: string[]): Promise<Ran> =>
  succeeded(
    await run(['git', '-c', 'user.name=t', '-c', 'user.email=t@t.invalid', ...words], { cwd: scratch.root }),
  );
const oid = (): Promise<string> => sql(`SELECT oid FROM pg_database WHERE datname = 'core'`, 'postgres');

/** What the refusal asks a person to sign, and where the signature goes. */
function asked({ stderr }: Pick<Ran, 'stderr'>): { text: string; file: string } {
  const [, words] = stderr.match(/printf '%s\\n' (.*) \| ssh-keygen -Y sign -n makesafe/) ?? [];
  const [, file] = stderr.match(/goes into (\S+\.sig)/) ?? [];
  const lines = [...words!.matchAll(/'([^']*)'/g)].map(([, line]) => line);
  return { text: `${lines.join('\n')}\n`, file: scratch.path(file!) };
}

beforeAll(async () => {
  await scratch.mustTask('up ENV=signed');
  await git('init', '--quiet');
  await git('add', '--force', 'env/environments.ts');
  await git('commit', '--quiet', '--message', 'Keys');
}, PATIENCE);

describe('with `approve`', () => {
  let before: string;
  beforeEach(async () => (before = await oid()));
  const refused = async ({ status, stderr }: Ran, because: string): Promise<void> => {
    expect(stderr).toContain(because);
    expect(stderr).not.toContain('Starting in');
    expect(status).toBe(77);
    expect(await oid()).toBe(before);
  };

  test('FORCE=1 alone is refused with the line to sign; a signature counts once, for this plan', async () => {
    const first = await scratch.runTask(RESET);
    await refused(first, 'signed needs the signature of a person, within 10 minutes');
    const request = asked(first);
    // The same run is still the same request.
    expect(asked(await scratch.runTask(RESET))).toEqual(request);

    writeFileSync(request.file, stranger.sign(request.text));
    await refused(await scratch.runTask(RESET), 'not by one of the keys in `approve`');
    writeFileSync(request.file, software.sign(request.text));
    await refused(await scratch.runTask(RESET), 'only security keys (sk-…) count');

    writeFileSync(request.file, person.sign(request.text));
    const other = await scratch.runTask(`${RESET} BACKUP_DIR=elsewhere`);
    await refused(other, 'signed needs the signature');
    expect(asked(other).file).not.toBe(request.file);

    const done = await scratch.runTask(RESET);
    expect(done.stderr).toContain('[ok] signed: database core is new and empty');
    expect(done.status).toBe(0);
    const now = (before = await oid());
    await refused(await scratch.runTask(RESET), 'signed needs the signature of a person');
    expect(await oid()).toBe(now);
    expect(scratch.read('journal/signed.jsonl')).toContain('approved by SHA256:');
  });

  test('a plan that changed after it was signed is another one', async () => {
    const request = asked(await scratch.runTask(RESET));
    writeFileSync(request.file, person.sign(request.text));
    await sql(`COMMENT ON DATABASE core IS 'makesafe.environment=signed'`);
    writeFileSync(scratch.path('env/.env.signed'), `${scratch.read('env/.env.signed')}\nNEW=1\n`);
    await refused(await scratch.runTask(RESET), 'signed needs the signature of a person');
  });

  test('keys that are only in the working tree do not count, and taking `approve` out does not help', async () => {
    const registry = scratch.read('env/environments.ts');
    try {
      scratch.write('env/environments.ts', registry.replace(person.publicKey, stranger.publicKey));
      const request = asked(await scratch.runTask(RESET));
      writeFileSync(request.file, stranger.sign(request.text));
      await refused(await scratch.runTask(RESET), 'not by one of the keys in `approve`');
      const without = registry.replace(/,\s*"approve": \{[^}]*\}/, '');
      expect(without).not.toContain('approve');
      scratch.write('env/environments.ts', without);
      await refused(await scratch.runTask(RESET), 'signed needs the signature of a person');
    } finally {
      scratch.write('env/environments.ts', registry);
    }
  });

  test('what changes the data past the guard cannot be signed, so nobody does it', async () => {
    scratch.write('script.sql', 'CREATE TABLE past (a int);');
    for (const words of [
      ['psql', 'WRITE=1', 'SQL=CREATE TABLE past (a int)'],
      ['db-bootstrap-roles-env', 'BOOTSTRAP_ROLES_SQL=script.sql'],
      ['app-shell', 'CMD=true'],
    ]) {
      const ran = await scratch.runTask([words[0]!, 'ENV=signed', ...words.slice(1)]);
      await refused(ran, 'what changes signed needs the signature of a person, and what');
    }
    expect(await sql(`SELECT to_regclass('past') IS NULL`)).toBe('t');
    const read = await scratch.runTask(['psql', 'ENV=signed', 'SQL=SELECT 6 * 7']);
    expect(succeeded(read).stdout).toContain('42');
  });

  test('a person pastes the signature at the terminal, and types no name', async () => {
    const request = asked(await scratch.runTask(RESET));
    const words = [
      process.execPath,
      '--import',
      'tsx',
      'tasks/db-reset-db-env.ts',
      ...RESET.split(' ').slice(1),
    ];
    const pasted = onTerminal(words, person.sign(request.text), 'Paste here what it prints:');
    const { status, stdout } = await scratch.start(pasted).ended;
    expect(stdout).not.toContain('to go on:');
    expect(stdout).toContain(' signed: database core is new and empty');
    expect(status).toBe(0);
    expect(await oid()).not.toBe(before);
  });
});

describe('an assistant', () => {
  test.each([
    ['CLAUDECODE', '1', 'claude'],
    ['CURSOR_AGENT', '1', 'cursor'],
    ['AI_AGENT', 'some-new-one', 'some-new-one'],
  ])('%s: refused where it is protected, without a line to type', async (name, value, says) => {
    const env = { [name]: value };
    for (const words of ['db-reset-db-env ENV=watched', 'db-reset-db-env ENV=watched FORCE=1 BACKUP=skip']) {
      const { status, stderr } = await scratch.runTask(words, { env });
      expect(stderr).toContain(`${says} runs this command, and watched is protected`);
      expect(stderr).toContain('ask the person');
      expect(stderr).not.toMatch(/FORCE=1|unset|BLOCKED/);
      expect(status).toBe(77);
    }
  });

  test.each(['psql SQL=SELECT', 'psql WRITE=1 SQL=SELECT', 'app-shell CMD=true', 'db-bootstrap-roles-env'])(
    'reaches no protected data past the guard: %s',
    async (words) => {
      for (const name of ['watched', 'signed']) {
        const [task, ...more] = words.split(' ');
        const { status, stderr } = await scratch.runTask([task!, `ENV=${name}`, ...more], {
          env: { CLAUDECODE: '1' },
        });
        expect(stderr).toContain(`claude runs this command, and ${name} is protected`);
        expect(stderr).not.toContain('WRITE=1');
        expect(status).toBe(77);
      }
    },
  );

  test('works where nothing is protected, and may look', async () => {
    const env = { CLAUDECODE: '1' };
    const dry = await scratch.runTask('db-reset-db-env ENV=signed FORCE=1 DRY_RUN=1', { env });
    expect(dry.status).toBe(0);
    expect((await scratch.runTask('check ENV=local_demo', { env })).stderr).not.toContain('claude');
  });
});

test("protected: 'never' is not destroyed, and taking that out of the working tree does not help", async () => {
  const refusal = "no command destroys never, with FORCE=1 either: the registry says protected: 'never'";
  for (const words of [
    'db-reset-volume-env ENV=never',
    'db-reset-volume-env ENV=never FORCE=1 BACKUP=skip',
  ]) {
    const { status, stderr } = await scratch.runTask(words);
    expect(stderr).toContain(refusal);
    expect(status).toBe(77);
  }
  const registry = scratch.read('env/environments.ts');
  const without = registry.replace('"protected": "never"', '"protected": false');
  expect(without).not.toBe(registry);
  scratch.write('env/environments.ts', without);
  const { status, stderr } = await scratch.runTask('db-reset-volume-env ENV=never WAIT=0');
  scratch.write('env/environments.ts', registry);
  expect(stderr).toContain(refusal);
  expect(status).toBe(77);
  expect(existsSync(scratch.path('journal/never.jsonl'))).toBe(false);
});

describe('protected: false that only the working tree says', () => {
  const HELD = 'is protected in the checked-out commit, so it is protected here';
  const edited = async (words: string, env = {}): Promise<Ran> => {
    const registry = scratch.read('env/environments.ts');
    const without = registry.replaceAll('"protected": true', '"protected": false');
    expect(without).not.toBe(registry);
    // `git diff` and `git status` are told to look away.
    await git('update-index', '--assume-unchanged', 'env/environments.ts');
    scratch.write('env/environments.ts', without);
    try {
      return await scratch.runTask(words, { env });
    } finally {
      scratch.write('env/environments.ts', registry);
      await git('update-index', '--no-assume-unchanged', 'env/environments.ts');
    }
  };

  const BY_CLAUDE = 'claude runs this command, and watched is protected';
  test.each([
    ['al-up-env', BY_CLAUDE],
    ['db-reset-db-env FORCE=1 BACKUP=skip', BY_CLAUDE],
    ['db-reset-db-env', BY_CLAUDE],
    ['db-seed-env', 'watched is protected, and '],
  ])('%s: an assistant is refused as before', async (words, because) => {
    const { status, stderr } = await edited(`${words} ENV=watched`, { CLAUDECODE: '1' });
    expect(stderr).toContain(`watched ${HELD}`);
    expect(stderr).toContain(because);
    expect(status).toBe(77);
  });

  test('a person needs FORCE=1 as before', async () => {
    const { status, stderr } = await edited('db-reset-db-env ENV=watched WAIT=0');
    expect(stderr).toContain('FORCE=1');
    expect(status).toBe(77);
  });

  test('what does nothing to the data says it as well', async () => {
    const { status, stderr } = await edited('config ENV=watched');
    expect(stderr).toContain(`watched ${HELD}`);
    expect(status).toBe(0);
  });
});
