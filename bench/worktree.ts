import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../tests/helpers/free-port.ts';
import { median } from './median.ts';
import { COPIED, PROJECT } from './project.ts';
import type { Result } from './run.ts';

const ENV = 'ENV=local_dev';
const ENVIRONMENT = {
  project: `makesafe-bench-worktree-${process.pid}`,
  local: true,
  protected: false,
  stack: 'compose',
  composeFile: 'docker/docker-compose.dev.yml',
};
const SECRETS = 'secrets/.env.local_dev.secrets';
const COMPOSE = `docker compose --env-file env/.env.common --env-file env/.env.local_dev --env-file ${SECRETS} -f docker/docker-compose.dev.yml`;

/**
 * A second worktree of a repository: `up` and a rebuild, which takes what the first checkout has made of the same files.
 * Against the image of the database alone, from nothing to its first answer.
 */
export async function measureWorktree(rounds: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'makesafe-bench-worktree-'));
  const first = join(folder, 'first');
  const second = join(folder, 'second');
  const ours: number[] = [];
  const starts: number[] = [];
  try {
    await makeRepository(first);
    task(first, 'db-rebuild-env', 'WAIT=0');
    for (let round = 0; round < rounds; round++) {
      shell(first, `git worktree add --quiet --detach ${second}`);
      prepare(second);
      ours.push(task(second, 'up') + task(second, 'db-rebuild-env', 'METHOD=db', 'WAIT=0'));
      shell(
        second,
        `${COMPOSE} -p "$(docker ps --format '{{.Label "com.docker.compose.project"}}' --filter label=com.docker.compose.project.working_dir=${second}/docker | head -n 1)" down -v`,
      );
      rmSync(join(second, 'data'), { recursive: true });
      starts.push(ownStart(second));
      rmSync(join(second, 'data'), { recursive: true });
      shell(first, `git worktree remove --force ${second}`);
    }
  } finally {
    shell(first, `${COMPOSE} -p ${ENVIRONMENT.project} down -v`);
    rmSync(folder, { recursive: true, force: true });
  }
  const other = median(starts);
  return {
    ...{ name: 'second worktree', against: "the image's own start", ours: median(ours), other },
    ...{ limit: other + 3, rounds },
  };
}

/** The first checkout, with everything committed. */
async function makeRepository(root: string): Promise<void> {
  mkdirSync(root);
  for (const name of [...COPIED, '.gitignore'])
    cpSync(join(PROJECT, name), join(root, name), { recursive: true });
  const registry = { default: 'local_dev', environments: { local_dev: ENVIRONMENT } };
  writeFileSync(join(root, 'env/environments.ts'), `export default ${JSON.stringify(registry, null, 2)};\n`);
  const ports = `POSTGRES_PORT=${await freePort()}\nHTTP_PORT=${await freePort()}\n`;
  writeFileSync(join(root, 'env/.env.local_dev'), `POSTGRES_USER=app_dev\nPOSTGRES_DB=core_dev\n${ports}`);
  prepare(root);
  shell(
    root,
    'git init --quiet && git add --all && git -c user.name=bench -c user.email=bench@localhost commit --quiet -m bench',
  );
}

/** What is in no commit. */
function prepare(root: string): void {
  symlinkSync(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, 'secrets'), { recursive: true });
  writeFileSync(join(root, SECRETS), 'POSTGRES_PASSWORD=bench\n', { mode: 0o600 });
}

/** Seconds from `up -d` of the database alone to its first answer. */
function ownStart(root: string): number {
  const compose = `POSTGRES_PORT=0 ${COMPOSE} -p ${ENVIRONMENT.project}-raw`;
  const seconds = shell(
    root,
    `${compose} up -d db
     docker exec "$(${compose} ps -q db)" sh -c "until psql -h 127.0.0.1 -U app_dev -d core_dev -Atc 'SELECT 1'; do sleep 0.05; done"`,
  );
  shell(root, `${compose} down -v`);
  return seconds;
}

const task = (root: string, name: string, ...words: string[]): number =>
  time(root, process.execPath, ['--import', 'tsx', `tasks/${name}.ts`, ENV, ...words]);
const shell = (root: string, script: string): number => time(root, 'bash', ['-c', `set -e\n${script}`]);

/** @returns seconds */
function time(cwd: string, file: string, args: readonly string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}:\n${stderr}`);
  return (performance.now() - began) / 1000;
}
