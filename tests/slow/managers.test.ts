import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../helpers/adopted.ts';
import { sampleOf } from '../helpers/commit.ts';
import { endProcessesOf } from '../helpers/embedded.ts';
import { must, run, succeeded, type Ran } from '../helpers/processes.ts';

/** How a team installs packages, and what installing makesafe changes in its files. */
interface Manager {
  readonly what: string;
  /** The package of the manager itself; npm is there. */
  readonly program?: string;
  readonly workspaces?: true;
  /** Settings of the manager. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is theirs before. */
  readonly before?: string;
  /** `TARBALL` is put in. pnpm ends with 1 where it runs no install script, and has installed everything. */
  readonly install: string;
  readonly changes: readonly string[];
}

const WRITTEN = ['.gitignore', 'env/environments.ts', 'makefile'];
const MANAGERS: readonly Manager[] = [
  {
    what: 'npm',
    install: 'npm install --save-dev TARBALL',
    changes: ['package-lock.json', 'package.json'],
  },
  {
    what: 'pnpm',
    program: 'pnpm@12.21.0',
    install: 'pnpm add --save-dev TARBALL || test -f node_modules/makesafe/package.json',
    changes: ['package.json', 'pnpm-lock.yaml'],
  },
  {
    what: 'yarn',
    program: 'yarn@1.22.22',
    install: 'yarn add --dev TARBALL',
    changes: ['package.json', 'yarn.lock'],
  },
  {
    what: 'yarn 4',
    program: '@yarnpkg/cli-dist@4.18.1',
    files: { '.yarnrc.yml': 'nodeLinker: node-modules\nenableTelemetry: false\n' },
    before: 'yarn install',
    install: 'yarn add --dev makesafe@file:TARBALL',
    changes: ['package.json', 'yarn.lock'],
  },
  {
    what: 'a workspace of pnpm',
    program: 'pnpm@12.21.0',
    workspaces: true,
    files: { 'pnpm-workspace.yaml': 'packages: [apps/*]\n' },
    before: 'pnpm install',
    install: 'pnpm add --workspace-root --save-dev TARBALL || test -f node_modules/makesafe/package.json',
    changes: ['package.json', 'pnpm-lock.yaml'],
  },
  {
    what: 'a workspace of npm',
    workspaces: true,
    before: 'npm install',
    install: 'npm install --save-dev TARBALL',
    changes: ['package-lock.json', 'package.json'],
  },
  {
    what: 'a monorepo with bun',
    program: 'bun@1.4.5',
    workspaces: true,
    before: 'bun install',
    install: 'bun add --dev TARBALL',
    changes: ['bun.lock', 'package.json'],
  },
  {
    what: 'a monorepo with bun, whose files nobody may change',
    program: 'bun@1.4.5',
    workspaces: true,
    before: 'bun install',
    install: 'npm install --prefix .makesafe TARBALL',
    changes: ['.makesafe/package-lock.json', '.makesafe/package.json'],
  },
];
const wanted =
  process.env['MANAGERS'] === 'all' ? MANAGERS : sampleOf(MANAGERS, Number(process.env['MANAGERS'] ?? 1));

/** MANAGERS=all for all; else one, and another with each commit. */
describe('a repository whose packages are installed by', () => {
  let outside: string;
  let tarball: string;
  beforeAll(async () => {
    outside = realpathSync(mkdtempSync(join(tmpdir(), 'makesafe-managers-')));
    tarball = await pack(outside);
  });
  afterAll(async () => {
    await endProcessesOf(outside);
    rmSync(outside, { recursive: true, force: true });
  });

  test.each(wanted)('$what', { timeout: 300_000 }, async ({ what, program, workspaces, ...manager }) => {
    const root = join(outside, what.replaceAll(/\W+/g, '-'));
    const write = (file: string, text: string): void => {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    };
    const programs = join(outside, 'programs');
    const env = {
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      PATH: `${join(programs, 'node_modules/.bin')}:${process.env['PATH']}`,
      // Where pnpm would otherwise keep it: beside the file system's root.
      npm_config_store_dir: join(outside, 'store'),
    };
    const type = async (line: string): Promise<Ran> =>
      succeeded(await run(['sh', '-c', line.replace('TARBALL', tarball)], { cwd: root, env }));
    const changed = async (): Promise<string[]> => {
      const status = await must(['git', 'status', '--porcelain', '--untracked-files=all'], { cwd: root });
      return status
        .split('\n')
        .flatMap((line) => line.slice(3) || [])
        .sort();
    };
    const commit = async (): Promise<void> => {
      await must(['git', 'add', '--all'], { cwd: root });
      const author = ['-c', 'user.name=x', '-c', 'user.email=x@localhost'];
      await must(['git', ...author, 'commit', '--quiet', '--allow-empty', '--message', 'x'], { cwd: root });
    };

    if (program !== undefined) await must(['npm', 'install', '--prefix', programs, program]);
    const theirs = { name: 'shop', private: true, ...(workspaces && { workspaces: ['apps/*'] }) };
    write('package.json', `${JSON.stringify(theirs, null, 2)}\n`);
    if (workspaces)
      write('apps/web/package.json', '{ "name": "web", "dependencies": { "leven": "4.1.0" } }\n');
    for (const [file, text] of Object.entries(manager.files ?? {})) write(file, text);
    write('.gitignore', 'node_modules\n.yarn\n');
    write(
      'compose.yaml',
      'services:\n  db:\n    image: postgres:17\n    environment: { POSTGRES_PASSWORD: x }\n',
    );
    write('alembic.ini', '[alembic]\nscript_location = alembic\n');
    await must(['git', 'init', '--quiet'], { cwd: root });
    if (manager.before !== undefined) await type(manager.before);
    await commit();

    await type(manager.install);
    expect(await changed()).toEqual([...manager.changes].sort());
    await commit();
    const makesafe = manager.install.includes('--prefix')
      ? 'npx --prefix .makesafe makesafe'
      : 'npx makesafe';
    await type(`${makesafe} init DRY_RUN=1`);
    expect(await changed()).toEqual([]);
    const init = await type(`${makesafe} init`);
    expect(await changed()).toEqual(WRITTEN);
    // The line to type is one that is found there.
    const [, next] = init.stderr.match(/^\[next\] (npx .*) check ENV=dev$/m)!;
    expect(next).toBe(makesafe);

    const help = await type('make help');
    expect(help.stdout).toContain('db-reset-volume-env');
    await type(`${next} help up`);
    // Nothing in their folder needs a container engine.
    const demo = { protected: false, local: true, stack: 'embedded' };
    const registry = `{ default: 'demo', environments: { demo: ${JSON.stringify(demo)} } }`;
    write(
      'env/environments.ts',
      `import type { Registry } from 'makesafe';\nexport default ${registry} satisfies Registry;\n`,
    );
    write('env/.env.common', '');
    write('env/.env.demo', 'POSTGRES_USER=shop\nPOSTGRES_DB=shop\n');
    expect((await type('make up')).stderr).toContain('[ok] demo: database shop answers');
    expect((await type('make ps')).stdout).not.toBe('');
    await type('make down');
    const lock = manager.changes.find((file) => file.includes('lock'))!;
    console.log(
      `${what}: ${manager.changes.join(', ')}; ${readFileSync(join(root, lock)).length} bytes of lock`,
    );
  });
});
