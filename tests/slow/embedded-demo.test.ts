import { describe, expect, test } from 'vitest';
import { isRunning, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { succeeded } from '../helpers/processes.ts';

describe('make demo, in a fresh copy where no container engine answers', () => {
  const scratch = useEmbedded();
  const env = { DOCKER_HOST: 'unix:///nonexistent/docker.sock' };
  const steps = [
    'db-reset-volume-env',
    'up',
    'db-bootstrap-roles-env',
    'al-up-env',
    'al-cur-env',
    'db-dump-schema-env',
  ];

  // By then, the second time has to do with a database that runs and is full.
  test.each(['first', 'second'])('ends well the %s time', { timeout: 180_000 }, async (which) => {
    const { stdout, stderr, time } = succeeded(await scratch.runMake('demo', { env }));
    console.log(`make demo, the ${which} time: ${(time / 1000).toFixed(1)} s`);

    const shown = [...stderr.matchAll(/^(\d+)\/(\d+) +make ([\w-]+) ENV=local_demo/gm)];
    expect(shown.map(([, , , task]) => task)).toEqual([...steps, ...steps]);
    expect(shown.map(([, at]) => Number(at))).toEqual(shown.map((_, index) => index + 1));
    expect(stderr.match(/done in \d+\.\d s/g)).toHaveLength(steps.length * 2);
    expect((stdout + stderr).match(/is at head \(20251211_140000000\)/g)).toHaveLength(2);
    expect(stderr).toContain('backups/demo_first.sql and backups/demo_second.sql are identical');
    expect(stderr).toContain('make down ENV=local_demo');
    expect(stderr).toContain('[next] make al-up-env ENV=local_demo');
    expect(stderr).not.toContain('npx tsx');
    expect(scratch.read('backups/demo_first.sql')).toBe(scratch.read('backups/demo_second.sql'));
    expect(scratch.read('backups/demo_first.sql')).toContain('CREATE MATERIALIZED VIEW');
    expect(stdout + stderr).not.toContain(scratch.password());
    // Whoever watches the server's log for errors is not called because of us.
    expect(scratch.read('.embedded/local_demo/server.log')).not.toMatch(/ERROR:|PANIC:/);
  });

  test('leaves a running database, which the line that it shows stops', async () => {
    const { pid } = scratch.server();
    expect(await localAsker(scratch).sql('SELECT count(*) FROM mart.suppliers')).toBe('0');
    succeeded(await scratch.runMake('down ENV=local_demo', { env }));
    expect(isRunning(pid)).toBe(false);
  });

  test('keeps the status of a step that fails, and shows no success', async () => {
    scratch.write('scripts/db/bootstrap_roles.sql', 'SELECT 1/0;\n');
    const { status, stderr } = await scratch.runTask('demo', { env });
    expect(stderr).toContain('division by zero');
    expect(stderr).toContain('make db-bootstrap-roles-env failed (status 1)');
    expect(stderr).not.toContain('are identical');
    expect(status).toBe(1);
  });
});
