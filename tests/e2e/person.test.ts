import { describe, expect, inject, test } from 'vitest';
import { docker, succeeded } from '../helpers/processes.ts';
import { NASTY_PASSWORD, useScratch } from '../helpers/scratch.ts';
import { onTerminal } from '../helpers/terminal.ts';
import { psqlSuite } from '../shared/psql-suite.ts';

const ENV = 'ENV=vm_stg';

describe.skipIf(inject('noEngine') !== '')('what a person does in the containers', () => {
  const scratch = useScratch({ only: ['vm_stg'] });

  test('up S=db starts the database alone, and waits for it', async () => {
    const { stderr } = succeeded(await scratch.runTask(`up ${ENV} S=db`));
    expect(stderr).toContain('database core_stg answers');
    const running = await docker(
      'ps',
      '--format',
      '{{.Label "com.docker.compose.service"}}',
      '--filter',
      `label=com.docker.compose.project=${scratch.project('vm_stg')}`,
    );
    expect(running.trim()).toBe('db');
    const absent = await scratch.runTask(['app-shell', ENV, 'CMD=true']);
    expect(absent.stderr).toContain('service core_api of vm_stg is not running');
    expect(absent.status).toBe(69);
  });

  psqlSuite(scratch, {
    ...{ environment: 'vm_stg', user: 'app_stg', database: 'core_stg' },
    ...{ command: /^docker exec .* psql /s, password: () => NASTY_PASSWORD },
  });

  test('psql leaves no file with the password', async () => {
    const typed = onTerminal(
      scratch.taskCommand(`psql ${ENV}`),
      ...['SELECT 6 * 7;\n', '[vm_stg] core_stg=#'],
      ...['\\! ls /dev/shm /tmp | grep -c tmp\\\\.; echo listed\n', ' 42'],
      ...['\\q\n', '0\r\nlisted'],
    );
    const { status, stdout } = await scratch.start(typed).ended;
    expect(stdout).toContain('listed');
    expect(status).toBe(0);
  });

  test('app-shell runs a command in the application, and keeps its status', async () => {
    succeeded(await scratch.runTask(`up ${ENV}`));
    const { stdout } = succeeded(
      await scratch.runTask(['app-shell', ENV, 'CMD=echo "$0 in $(pwd)" && alembic --version']),
    );
    expect(stdout).toContain('alembic ');
    expect((await scratch.runTask(['app-shell', ENV, 'exit 7'])).status).toBe(7);
    expect((await scratch.runTask(['app-shell', ENV, 'S=web', 'true'])).stderr).toContain('web');
    const typed = onTerminal(scratch.taskCommand(`app-shell ${ENV}`), ...['echo $((6 * 7)); exit\n', '# ']);
    expect(await scratch.start(typed).ended).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('42') as string,
    });
  });
});
