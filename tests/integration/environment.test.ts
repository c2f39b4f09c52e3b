import { chmodSync, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { NASTY_PASSWORD, useScratch } from '../helpers/scratch.ts';

const SECRETS = 'secrets/.env.vm_stg.secrets';

describe('env files and secrets', () => {
  const scratch = useScratch({ engine: false });
  let original: Record<string, string>;

  beforeEach(() => {
    const files = ['env/.env.common', 'env/.env.vm_stg', SECRETS];
    original ??= Object.fromEntries(files.map((file) => [file, scratch.read(file)]));
    for (const file of files) scratch.write(file, original[file]!, 0o600);
    chmodSync(scratch.path(SECRETS), 0o600);
  });

  test('a missing secrets file: 78, its name, and the line that makes it', async () => {
    rmSync(scratch.path(SECRETS));
    const { status, stderr } = await scratch.runTask('ps ENV=vm_stg');
    expect(stderr).toContain(`${SECRETS}: no such file`);
    expect(stderr).toContain(`install -m 600 secrets/.env.template.secrets ${SECRETS}`);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(status).toBe(78);
    expect(existsSync(scratch.path(SECRETS))).toBe(false);
  });

  test('all that is wrong is said at once, with file and line, and no secret: 78', async () => {
    rmSync(scratch.path('env/.env.common'));
    scratch.write(
      'env/.env.vm_stg',
      '# staging\nPOSTGRES_USER=app_stg\n\nthis is no assignment\nPOSTGRES_DB=\n',
    );
    scratch.write(SECRETS, `POSTGRES_PASSWORD geheim-1\nAPI_KEY='geheim-2\n`);
    const { status, stdout, stderr } = await scratch.runTask('ps ENV=vm_stg', { env: { DEBUG: '1' } });
    expect(stderr).toContain('env/.env.common: no such file');
    expect(stderr).toContain('env/.env.vm_stg:4: is not of the form NAME=value');
    expect(stderr).toContain('env/.env.vm_stg:5: POSTGRES_DB is empty');
    expect(stderr).toContain(`${SECRETS}:1: is not of the form NAME=value`);
    expect(stderr).toContain(`${SECRETS}:2: the value of API_KEY begins with ', which is never closed`);
    expect(stderr).toContain('POSTGRES_PASSWORD is in none of the env files');
    expect(stdout + stderr).not.toContain('geheim');
    expect(status).toBe(78);
  });

  test.each(['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD'])('without %s: 78', async (name) => {
    for (const file of Object.keys(original)) {
      scratch.write(file, original[file]!.replaceAll(new RegExp(`^${name}=.*$`, 'gm'), ''), 0o600);
    }
    const { status, stderr } = await scratch.runTask('db-reset-volume-env ENV=vm_stg WAIT=0');
    expect(stderr).toContain(`${name} is in none of the env files`);
    expect(status).toBe(78);
    // An exported one does not stand in for it.
    const exported = await scratch.runTask('ps ENV=vm_stg', { env: { [name]: 'exported' } });
    expect(exported.status).toBe(78);
  });

  test('a compose file that does not exist is named: 78', async () => {
    rmSync(scratch.path('docker/docker-compose.prod.yml'));
    const { status, stderr } = await scratch.runTask('ps ENV=vm_prod');
    expect(stderr).toContain('docker/docker-compose.prod.yml: no such file');
    expect(status).toBe(78);
  });

  test.each(['644', '640', '604'])('a secrets file that others can read (%s) is warned of', async (mode) => {
    const private_ = await scratch.runTask('ps ENV=vm_stg');
    expect(private_.stderr).not.toContain('[warn]');
    chmodSync(scratch.path(SECRETS), parseInt(mode, 8));
    const { status, stderr } = await scratch.runTask('ps ENV=vm_stg');
    expect(stderr).toContain(`[warn] ${SECRETS} is readable by others (mode ${mode}): chmod 600 ${SECRETS}`);
    // And the work goes on, as far as it can.
    expect(status).toBe(69);
  });

  test('local_dev gets a secrets file on first use, its own and readable by its owner only', async () => {
    const file = 'secrets/.env.local_dev.secrets';
    expect(existsSync(scratch.path(file))).toBe(false);
    await scratch.runTask('down ENV=local_dev DRY_RUN=1');
    expect(existsSync(scratch.path(file))).toBe(false);

    const first = await scratch.runTask('ps ENV=local_dev');
    expect(first.stderr).toContain(`[info] made ${file} with a random POSTGRES_PASSWORD`);
    expect((statSync(scratch.path(file)).mode & 0o777).toString(8)).toBe('600');
    const made = scratch.read(file);
    const password = made.match(/^POSTGRES_PASSWORD=(\S{20,})\n$/)![1]!;
    expect(first.stdout + first.stderr).not.toContain(password);

    const second = await scratch.runTask('ps ENV=local_dev');
    expect(second.stderr).not.toContain('made secrets');
    expect(scratch.read(file)).toBe(made);
    rmSync(scratch.path(file));
    await scratch.runTask('ps ENV=local_dev');
    expect(scratch.read(file)).not.toBe(made);
  });

  test('vm_stg never gets one', async () => {
    rmSync(scratch.path(SECRETS));
    await scratch.runTask('up ENV=vm_stg');
    expect(existsSync(scratch.path(SECRETS))).toBe(false);
  });

  test('a registry that contradicts itself is refused, each entry named: 78', async () => {
    const file = 'env/environments.ts';
    const before = scratch.read(file);
    const broken = {
      default: 'nowhere',
      environments: {
        one: { aliases: ['two'], protected: 'yes', stack: 'compose', composeFile: 'docker/x.yml' },
        two: { protected: false, stack: 'compose' },
      },
    };
    writeFileSync(scratch.path(file), `export default ${JSON.stringify(broken)}`);
    const { status, stderr } = await scratch.runTask('help');
    expect(stderr).toContain('env/environments.ts is not valid');
    expect(stderr).toContain('the name two is taken by one');
    expect(stderr).toContain("one: protected must be true, false, or 'never'");
    expect(stderr).toContain('two: composeFile is missing');
    expect(stderr).toContain('default: nowhere is not an environment');
    expect(status).toBe(78);
    writeFileSync(scratch.path(file), before);
  });

  test('the password is in no output of any task that comes as far as the configuration', async () => {
    const tasks = ['ps', 'config', 'check', 'health', 'up', 'db-reset-volume-env WAIT=0', 'up DRY_RUN=1'];
    const outputs = await Promise.all(
      tasks.map((words) => scratch.runTask(`${words} ENV=vm_stg`, { env: { DEBUG: '1' } })),
    );
    for (const form of [
      NASTY_PASSWORD,
      NASTY_PASSWORD.replaceAll('$', '$$$$'),
      encodeURIComponent(NASTY_PASSWORD),
      JSON.stringify(NASTY_PASSWORD).slice(1, -1),
      Buffer.from(NASTY_PASSWORD).toString('base64'),
    ]) {
      for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toContain(form);
    }
  });
});
