import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { run, succeeded, type Ran } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';
const HEAD = '20251211_140000000';

/** What the embedded stack itself runs, beside node. */
const NEEDED = ['unshare', 'setpriv', 'chown', 'true', 'test', 'sh'];
const FOLDERS = (process.env['PATH'] ?? '').split(delimiter);

describe('the Alembic that migrates', () => {
  const scratch = useEmbedded();
  let python: string;
  const venv = (): string => scratch.path('.venv');
  const heads = (words = '', options: { cwd?: string; path?: string } = {}): Promise<Ran> =>
    scratch.runTask(`al-heads-env ${ENV} ${words}`, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.path === undefined ? {} : { env: { PATH: options.path } }),
    });

  /** A program that says that it was used, and then is another one. */
  const alias = (file: string, sign: string, command: string): void =>
    scratch.write(
      file,
      `#!/bin/sh\necho '${sign}' >> '${scratch.path('used')}'\nexec ${command} "$@"\n`,
      0o755,
    );
  const used = (): string[] =>
    existsSync(scratch.path('used')) ? [...new Set(scratch.read('used').trim().split('\n'))] : [];

  beforeAll(async () => {
    python = await pythonWithAlembic(venv());
    await scratch.mustTask(`up ${ENV}`);
  }, PATIENCE);

  beforeEach(() => {
    rmSync(venv(), { recursive: true, force: true });
    rmSync(scratch.path('used'), { force: true });
    alias('bin/alembic', 'ALEMBIC', `'${python}' -m alembic`);
    alias('path/python3', 'PATH', `'${python}'`);
  });

  const withFirst = (folder: string): string => [scratch.path(folder), ...FOLDERS].join(delimiter);

  test('is what ALEMBIC names: absolute, relative to where one is, or on PATH', async () => {
    alias('.venv/bin/python', 'VENV', `'${python}'`);
    const runs = await Promise.all([
      heads(`ALEMBIC=${scratch.path('bin/alembic')}`),
      heads('ALEMBIC=bin/alembic'),
      heads('ALEMBIC=../bin/alembic', { cwd: scratch.path('env') }),
      heads('ALEMBIC=alembic', { path: withFirst('bin') }),
    ]);
    for (const ran of runs) expect(succeeded(ran).stdout.trim()).toBe(`${HEAD} (head)`);
    expect(used()).toEqual(['ALEMBIC']);
  });

  test.each([
    ['no file', './absent/alembic'],
    ['not on PATH', 'no-such-alembic'],
    ['a folder', './env'],
    ['not executable', './package.json'],
    ['another program', '/bin/true'],
    ['a program that fails', '/bin/false'],
    ['empty', ''],
  ])('is not looked for elsewhere when ALEMBIC is %s: 78', async (_what, named) => {
    const { status, stdout, stderr } = await heads(`ALEMBIC=${named}`);
    expect(stderr).toContain('ALEMBIC');
    expect(stderr).toContain('[error]');
    expect(stdout).toBe('');
    expect([64, 78]).toContain(status);
    expect(used()).toEqual([]);
  });

  test("is the project's .venv before any Python on PATH", async () => {
    alias('.venv/bin/python', 'VENV', `'${python}'`);
    succeeded(await heads('', { path: withFirst('path') }));
    expect(used()).toEqual(['VENV']);
  });

  test.each([
    ['has no alembic', '#!/bin/sh\nexit 1\n', 0o755],
    ['is not executable', '', 0o644],
    ['is a broken file', 'garbage', 0o755],
  ])('is one on PATH where .venv %s', async (_what, content, mode) => {
    scratch.write('.venv/bin/python', content, mode);
    succeeded(await heads('', { path: withFirst('path') }));
    expect(used()).toEqual(['PATH']);
  });

  test('is the second Python on PATH where the first has none', async () => {
    scratch.write('first/python3', '#!/bin/sh\nexit 1\n', 0o755);
    succeeded(await heads('', { path: [scratch.path('first'), withFirst('path')].join(delimiter) }));
    expect(used()).toEqual(['PATH']);
  });

  test('where there is none, one message says what to type: 78', async () => {
    const runs = ['al-heads-env', 'al-cur-env', 'al-up-env'].map((words) =>
      scratch.runTask(`${words} ${ENV}`, { env: { PATH: bare('bare') } }),
    );
    for (const { status, stderr } of await Promise.all(runs)) {
      expect(stderr).toContain('[error] no Alembic was found');
      expect(stderr).toMatch(/\[next\] .*setup/);
      expect(status).toBe(78);
    }
  });

  test('an alembic.ini that does not exist is named: 78', async () => {
    const { status, stderr } = await heads('ALEMBIC_INI=absent/alembic.ini', { path: withFirst('path') });
    expect(stderr).toContain(`${scratch.path('absent/alembic.ini')}: no such file`);
    expect(status).toBe(78);
  });

  /** A PATH with nothing on it but what the stack needs. */
  function bare(folder: string): string {
    mkdirSync(scratch.path(folder), { recursive: true });
    for (const name of NEEDED) {
      const found = FOLDERS.map((one) => join(one, name)).find((file) => existsSync(file));
      if (found !== undefined && !existsSync(scratch.path(folder, name)))
        symlinkSync(found, scratch.path(folder, name));
    }
    return scratch.path(folder);
  }

  describe('setup', () => {
    const log = (): string[] => scratch.read('log').trim().split('\n');
    const setup = (): Promise<Ran> =>
      scratch.runTask('setup', { env: { PATH: `${bare('bare')}:${bare('fake')}` } });
    const venvPython = `#!/bin/sh\nexit 0\n`;

    /** A Python without Alembic, whose venv and pip do what they are told. */
    function fakePython(pip: { works: boolean }): void {
      const inVenv = `case "$*" in *"pip install"*) echo "venv $*" >> '${scratch.path('log')}'
        ${pip.works ? `echo ok > '${scratch.path('installed')}'` : 'echo "No matching distribution" >&2; exit 1'};;
        *) test -e '${scratch.path('installed')}';; esac`;
      scratch.write('template', `#!/bin/sh\n${inVenv}\n`, 0o755);
      const script = `echo "python $*" >> '${scratch.path('log')}'
        case "$*" in *"-m venv"*) for last in "$@"; do :; done
        /bin/mkdir -p "$last/bin" && /bin/cp '${scratch.path('template')}' "$last/bin/python";; *) exit 1;; esac`;
      scratch.write('fake/python3', `#!/bin/sh\n${script}\n`, 0o755);
    }

    beforeEach(() => {
      for (const file of ['log', 'fake', 'installed'])
        rmSync(scratch.path(file), { recursive: true, force: true });
      scratch.write('log', '');
    });

    test('installs nothing where there is one', async () => {
      scratch.write('.venv/bin/python', venvPython, 0o755);
      fakePython({ works: true });
      const { stderr } = succeeded(await setup());
      expect(stderr).toContain(`[ok] Alembic: ${scratch.path('.venv/bin/python')} -m alembic`);
      expect(scratch.read('log')).toBe('');
    });

    test('makes .venv with pip', async () => {
      fakePython({ works: true });
      const { stderr } = succeeded(await setup());
      expect(stderr).toContain(`[ok] Alembic: ${scratch.path('.venv/bin/python')} -m alembic`);
      expect(log().filter((line) => line.includes('-m venv'))).toHaveLength(1);
      expect(log().at(-1)).toMatch(/^venv -m pip install .*alembic psycopg\[binary\]$/);
      // It must not wait for an index that never answers.
      expect(log().at(-1)).toMatch(/--timeout \d\b/);
    });

    test('says what to install where nothing works: 78', async () => {
      fakePython({ works: false });
      const { status, stderr } = await setup();
      expect(stderr).toContain('[error] there is no Alembic, and it could not be installed');
      expect(stderr).toContain('pip: No matching distribution');
      expect(stderr).toMatch(/\[next\] .*alembic.*psycopg.*ALEMBIC=/);
      expect(status).toBe(78);
    });

    test('says so where there is not even a Python: 78', async () => {
      const { status, stderr } = await setup();
      expect(stderr).toContain('no python3 on PATH');
      expect(status).toBe(78);
    });

    const isDebianRoot = process.getuid!() === 0 && existsSync('/etc/debian_version');
    test.skipIf(!isDebianRoot)(
      "installs the distribution's packages as root where no index answers",
      async () => {
        fakePython({ works: false });
        const apt = `echo "apt-get $*" >> '${scratch.path('log')}'
        case "$*" in *install*) printf '#!/bin/sh\\nexit 0\\n' > '${scratch.path('fake/python')}'
        /bin/chmod +x '${scratch.path('fake/python')}';; esac`;
        scratch.write('fake/apt-get', `#!/bin/sh\n${apt}\n`, 0o755);
        const { stderr } = succeeded(await setup());
        expect(stderr).toContain(`[ok] Alembic: ${scratch.path('fake/python')} -m alembic`);
        expect(
          log()
            .filter((line) => line.startsWith('apt-get'))
            .at(-1),
        ).toMatch(/install .*alembic python3-psycopg2$/);
      },
    );
  });
});

/** A Python of this machine that can migrate, found in this test's own way. */
async function pythonWithAlembic(link: string): Promise<string> {
  // The link is replaced by the tests; what it leads to stays.
  const venv = existsSync(link) ? realpathSync(link) : link;
  for (const file of [join(venv, 'bin/python'), ...FOLDERS.map((folder) => join(folder, 'python3'))]) {
    if (!existsSync(file)) continue;
    for (const driver of ['psycopg', 'psycopg2']) {
      if ((await run([file, '-c', `import alembic, ${driver}`])).status === 0) return file;
    }
  }
  throw new Error('this machine has no Python with Alembic: make setup');
}
