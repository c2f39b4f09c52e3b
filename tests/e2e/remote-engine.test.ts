import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { docker, succeeded, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { SecondEngine, noSecondEngine, noSsh } from '../helpers/second-engine.ts';

const CONTEXT = 'vm-stg';
/** Milliseconds for a whole runbook: a busy machine is no failure. */
const PATIENCE = 600_000;
const pinned = { engine: { context: CONTEXT, host: CONTEXT } };
const inFolder = databaseOnly({ db: { volumes: ['../data/${PLACE}:/var/lib/postgresql/data'] } });

describe.skipIf(inject('noEngine') !== '' || noSecondEngine !== '')('an engine on another machine', () => {
  const scratch = useScratch({
    only: ['vm_stg'],
    environments: {
      bound: { compose: inFolder, entry: pinned, env: { PLACE: 'bound' } },
      linked: { compose: inFolder, entry: pinned, env: { PLACE: 'linked' } },
      impostor: { compose: databaseOnly(), entry: { engine: { context: CONTEXT, host: 'vm-prod' } } },
      unmade: { compose: databaseOnly(), entry: { engine: { context: 'vm-never' } } },
    },
  });
  let engine: SecondEngine;
  let local: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    local = (await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}')) || '';
    engine = new SecondEngine(CONTEXT, join(scratch.outside, 'engine'));
    // Of the project that machine has nothing.
    await engine.start(scratch.root);
    await engine.load('postgres:17', 'python:3.13');
    const folder = scratch.dockerConfig(await engine.overTcp(), CONTEXT);
    env = {
      DOCKER_CONFIG: folder,
      // Whoever is still connected to another machine: it does not count for an engine that is pinned.
      DOCKER_HOST: process.env['DOCKER_HOST'] ?? local,
    };
  });
  afterAll(async () => {
    await engine.stop();
  });

  const task = (words: string): Promise<Ran> => scratch.runTask(words, { env });
  const move = (name: string, change: object): void => {
    const text = scratch
      .read('env/environments.ts')
      .replace(/^export default /, '')
      .replace(/;\n$/, '');
    const registry = JSON.parse(text) as { environments: Record<string, object> };
    registry.environments[name] = { ...registry.environments[name], ...change };
    scratch.write('env/environments.ts', `export default ${JSON.stringify(registry, null, 2)};\n`);
  };

  /** What the person is told, without what is another one each time. */
  const told = ({ stdout, stderr }: Ran): string[] =>
    `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => /^(\[(ok|warn|next)\]|20\d{6}_)/.test(line))
      // Which of the other environments can be looked at depends on the contexts that this person has.
      .filter((line) => !line.includes('cannot be compared with'))
      .map((line) => line.replace(/\d{8}_\d{6}(?!\d)/g, '<time>').replace(/[\d.]+ (k|M)B/g, '<size>'));

  async function runbook(run: (words: string) => Promise<Ran>): Promise<unknown> {
    const results: unknown[] = [];
    const step = async (words: string): Promise<Ran> => {
      const ran = succeeded(await run(`${words} ENV=vm_stg`));
      results.push([words.split(' ')[0], told(ran)]);
      return ran;
    };
    await step('up');
    await step('db-bootstrap-roles-env');
    await step('al-up-env');
    await step('al-cur-env');
    await step(`db-dump-schema-env OUT=backups/schema.sql`);
    const schema = scratch.read('backups/schema.sql');
    const { stdout } = await step(`backup BACKUP_DIR=backups/taken`);
    await step('db-reset-db-env WAIT=0');
    await step(`restore-from-dump DUMP=${stdout.trim()} WAIT=0`);
    await step('db-reset-volume-env WAIT=0');
    return { results, schema };
  }

  /** What this machine's engine has of ours. */
  const here = async (): Promise<unknown> => {
    const ours = ['--filter', `name=${scratch.prefix}`];
    return {
      containers: await docker('ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.State}}', ...ours),
      volumes: await docker('volume', 'ls', '--format', '{{.Name}} {{.Mountpoint}}', ...ours),
      networks: await docker('network', 'ls', '--no-trunc', '--format', '{{.ID}}', ...ours),
    };
  };

  let before: unknown;

  test('the runbook on the engine of this machine', { timeout: PATIENCE }, async () => {
    before = await runbook((words) => scratch.runTask(words));
    // What stays here has the same names as what is made there.
    await scratch.mustTask('up ENV=vm_stg');
  });

  test(
    'the same entry, moved there: same commands, same results, and nothing here is touched',
    { timeout: PATIENCE },
    async () => {
      const state = await here();
      move('vm_stg', pinned);
      expect(await runbook(task)).toEqual(before);
      expect(await here()).toEqual(state);
      expect(await engine.docker('volume', 'ls', '--quiet')).toBe('');
    },
  );

  test('a folder of its own: emptied there, whatever this machine has in the same place', async () => {
    mkdirSync(scratch.path('data'), { recursive: true });
    mkdirSync(join(scratch.outside, 'behind'));
    writeFileSync(join(scratch.outside, 'behind/PG_VERSION'), '17\n');
    succeeded(await task('up ENV=bound'));
    expect(existsSync(scratch.path('data/bound'))).toBe(false);
    symlinkSync(join(scratch.outside, 'behind'), scratch.path('data/bound'));
    const { stderr } = succeeded(await task('db-reset-volume-env ENV=bound WAIT=0'));
    expect(stderr).toMatch(/^ +engine .* on host vm-stg$/m);
    expect(stderr).toContain('[ok]');
    expect(existsSync(join(scratch.outside, 'behind/PG_VERSION'))).toBe(true);
  });

  test('a link there leads nobody knows where: 77', async () => {
    const mount = ['--mount', `type=bind,source=${scratch.root},target=/project`, 'postgres:17', '-c'];
    await engine.docker(
      ...['run', '--rm', '--user', '0:0', '--entrypoint', 'sh', ...mount],
      'mkdir -p /project/data && ln -s /srv/other /project/data/linked',
    );
    const { status, stderr } = await task('db-reset-volume-env ENV=linked WAIT=0');
    expect(stderr).toContain(
      `a link in ${scratch.path('data/linked')} may lead outside this project on the engine's host`,
    );
    expect(stderr).toContain('make db-reset-db-env ENV=linked');
    expect(status).toBe(77);
  });

  test.skipIf(noSsh !== '')('a context over SSH: the same commands', { timeout: PATIENCE }, async () => {
    const { host, path } = await engine.overSsh();
    const ssh = { ...env, DOCKER_CONFIG: scratch.dockerConfig(host, 'by-ssh') };
    const options = { env: { ...ssh, PATH: `${path}:${process.env['PATH']}` } };
    move('vm_stg', { engine: { context: 'by-ssh', host: CONTEXT } });
    onTestFinished(() => move('vm_stg', pinned));
    for (const words of ['up', 'al-up-env', 'db-verify-env', 'db-reset-db-env WAIT=0'])
      succeeded(await scratch.runTask(`${words} ENV=vm_stg`, options));
    const { stderr } = await scratch.runTask('db-reset-volume-env ENV=vm_stg WAIT=0', options);
    expect(stderr).toMatch(/^ +engine .* on host vm-stg$/m);
    expect(await engine.docker('volume', 'ls', '--quiet')).toBe('');
  });

  test('a context that leads to another host than the entry says: 77', async () => {
    const { status, stderr } = await task('db-reset-db-env ENV=impostor WAIT=0');
    expect(stderr).toContain('is on host vm-stg, and impostor is pinned to host vm-prod');
    expect(status).toBe(77);
  });

  test('a context that was never made here: one message, with the remedy: 78', async () => {
    const runs = ['up', 'logs', 'db-reset-db-env WAIT=0'].map((words) => task(`${words} ENV=unmade`));
    for (const { status, stderr } of await Promise.all(runs)) {
      expect(stderr).toContain('[error] docker has no context vm-never on this machine');
      expect(stderr).toContain('[next] docker context create vm-never --docker host=ssh://<user>@<host>');
      expect(status).toBe(78);
    }
  });

  test('a machine that does not answer: 69', async () => {
    await engine.stop();
    const { status, stderr } = await task('up ENV=vm_stg');
    expect(stderr).toContain('the container engine does not answer');
    expect(stderr).toContain(`[next] start it, or correct the context: docker context inspect ${CONTEXT}`);
    expect(status).toBe(69);
    expect((await task('db-reset-db-env ENV=vm_stg WAIT=0')).status).toBe(69);
  });
});
