import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { makeActor } from '../../lib/output/actor.ts';
import { withMaintenanceSession } from '../../lib/database/maintenance.ts';
import { openSession } from '../../lib/stack/postgres/session.ts';
import type { StackRun } from '../../lib/run/run.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import { useServer } from '../helpers/database-server.ts';

const server = useServer();

test('who meets another run hears which session has the lock', async () => {
  const terminal = new Terminal({ write: () => true, isTTY: false }, { write: () => true, isTTY: false }, {});
  const run = {
    actor: makeActor(false, terminal),
    environment: { entry: { stack: 'embedded' } },
    signal: new AbortController().signal,
    stack: {
      database: { name: 'core', user: 'app' },
      withClient: async <T>(database: string, work: (client: never) => Promise<T>): Promise<T> => {
        const login = { user: 'app', password: 'of the tests', database };
        const open = () => connect({ host: '127.0.0.1', port: server.port });
        const client = await openSession(open, login, { server: 'x' });
        return work(client as never).finally(() => client.end());
      },
    },
  } as unknown as StackRun;
  await withMaintenanceSession(run, async () => {
    const second = withMaintenanceSession(run, () => Promise.resolve());
    await expect(second).rejects.toThrow(
      /wait for it: makesafe \(process \d+ of the server, user app, since \d{4}-/,
    );
  });
});
