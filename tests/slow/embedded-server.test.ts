import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  PATIENCE,
  connect,
  isRunning,
  localAsker,
  moment,
  processesOf,
  useEmbedded,
} from '../helpers/embedded.ts';
import { must, start, succeeded } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';

describe('a server that was killed', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);
  const pidFile = (): string => `${scratch.data()}/postmaster.pid`;

  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await sql('CREATE TABLE kept AS SELECT 42 AS x');
  }, PATIENCE);

  /** After each kind of death: nothing is said to run, and `up` brings the data back. */
  async function revives(): Promise<void> {
    const health = await scratch.runTask(`health ${ENV}`);
    expect(health.stdout).toMatch(/^✗ db +stopped/m);
    expect(health.status).toBe(1);
    const { stderr } = await scratch.mustTask(`up ${ENV}`);
    expect(stderr).toContain('[ok] local_demo: database core_demo answers');
    expect(await sql('SELECT x FROM kept')).toBe('42');
  }

  /** What a stale postmaster.pid looks like once its number belongs to somebody else. */
  const nowBelongsTo = (pid: number): void => {
    const [, ...rest] = readFileSync(pidFile(), 'utf8').split('\n');
    writeFileSync(pidFile(), [pid, ...rest].join('\n'));
  };

  test('is started again by up, with its data, on its port', async () => {
    const before = scratch.server();
    await scratch.killServer();
    expect(existsSync(pidFile())).toBe(true);
    await revives();
    expect(scratch.server().port).toBe(before.port);
    expect(scratch.server().pid).not.toBe(before.pid);
  });

  test('although a session of it is busy and has not noticed', async () => {
    const client = await connect(scratch);
    onTestFinished(() => client.end().catch(() => {}));
    const busy = client.query('DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$').catch(String);
    const backend = processesOf(scratch.data()).find(({ words }) =>
      words.join(' ').includes('app_demo core_demo'),
    )!;
    await scratch.killServer();
    await sleep(100);
    expect(isRunning(backend.pid)).toBe(true);
    await revives();
    expect(isRunning(backend.pid)).toBe(false);
    expect(await busy).toContain('Connection terminated');
  });

  test('although a zombie has its number', async () => {
    await scratch.killServer();
    // The shell becomes a program that never asks for its child.
    const parent = start(['sh', '-c', 'sleep 0 & echo $!; exec sleep 600']);
    onTestFinished(() => parent.interrupt('SIGKILL'));
    await parent.printed('\n');
    const shell = parent.child.pid!;
    const zombie = Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8'));
    await moment(() => /\) Z /.test(readFileSync(`/proc/${zombie}/stat`, 'utf8')));
    nowBelongsTo(zombie);
    await revives();
  });

  test('although another program has its number, even one that names or sits in the data directory', async () => {
    await scratch.killServer();
    const bystander = start(['tail', '-f', '/dev/null', scratch.data()], { cwd: scratch.data() });
    onTestFinished(() => bystander.interrupt('SIGKILL'));
    await bystander.printed('/dev/null');
    nowBelongsTo(bystander.child.pid!);
    await scratch.mustTask(`down ${ENV}`);
    await revives();
    expect(isRunning(bystander.child.pid!)).toBe(true);
  });

  test.runIf(process.getuid?.() === 0)(
    'although its data was given to another account when namespaces did not work for once',
    async () => {
      await scratch.mustTask(`down ${ENV}`);
      await must(['chown', '-R', 'nobody', scratch.path('.embedded/local_demo')]);
      await scratch.mustTask(`up ${ENV}`);
      expect(await sql('SELECT x FROM kept')).toBe('42');
    },
  );

  test('can be reset instead', async () => {
    await scratch.killServer();
    await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    expect(existsSync(scratch.data())).toBe(false);
    await scratch.mustTask(`up ${ENV}`);
    expect(await sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
  });
});

describe('tasks at the same time', () => {
  const scratch = useEmbedded();

  test('two first ups make one server', async () => {
    const runs = await Promise.all(Array.from({ length: 2 }, () => scratch.runTask(`up ${ENV}`)));
    runs.forEach(succeeded);
    const postmasters = processesOf(scratch.data()).filter(({ words }) => words.includes('-D'));
    expect(postmasters.map(({ pid }) => pid)).toEqual([scratch.server().pid]);
    expect(readdirSync(scratch.path('.embedded/local_demo')).sort()).toEqual(['data', 'port', 'server.log']);
  });

  test('up and down at once end in one of both states', async () => {
    const runs = ['down', 'up', 'restart'].map((words) => scratch.runTask(`${words} ${ENV}`));
    for (const { status, stderr } of await Promise.all(runs)) expect([0, 69], stderr).toContain(status);
    await scratch.mustTask(`up ${ENV}`);
    expect(await localAsker(scratch).sql('SELECT 1')).toBe('1');
  });
});

describe('logs FOLLOW=1', () => {
  const scratch = useEmbedded();
  beforeAll(async () => void (await scratch.mustTask(`up ${ENV}`)), PATIENCE);

  test('shows every line once, also of the next server, until Ctrl-C: 130', async () => {
    const running = scratch.startTask(`logs ${ENV} FOLLOW=1 TAIL=1`);
    await running.printed('\n');
    const { refusal } = localAsker(scratch);
    for (let n = 10; n < 20; n++) await refusal(`SELECT 1/0 AS n${n}`);
    await scratch.mustTask(`restart ${ENV}`);
    await refusal('SELECT 1/0 AS n20');
    await running.printed('n20');
    running.interrupt();
    const { status, stdout } = await running.ended;
    expect(stdout.match(/AS n\d+/g)).toEqual(Array.from({ length: 11 }, (_, n) => `AS n${n + 10}`));
    expect(status).toBe(130);
  });

  test('ends with Ctrl-C at any moment', async () => {
    for (const after of [200, 400]) {
      const running = scratch.startTask(`logs ${ENV} FOLLOW=1`);
      await sleep(after);
      running.interrupt();
      const ended = await Promise.race([running.ended, sleep(10_000)]);
      if (!ended) running.interrupt('SIGKILL');
      expect(ended, `${after} ms`).toMatchObject({ status: 130 });
    }
  });
});
