import { existsSync, mkdirSync } from 'node:fs';
import { homeOf, start as startServer, stop as stopServer } from '../../lib/stack/embedded/server.ts';

import { EmbeddedScratch } from '../helpers/embedded.ts';
import { LOGIN, stageAsker, type Environment, type Stage } from '../helpers/stage.ts';
import { alembicRows, otherThanShown, ROWS, ROWS_OF_THIS_SIDE } from '../shared/other-than-shown.ts';

async function prepare(): Promise<Stage> {
  const environment = (isProtected: boolean): object => ({
    entry: { stack: 'embedded', protected: isProtected, alembicIni: INI },
    env: { POSTGRES_USER: LOGIN.user, POSTGRES_DB: 'core', POSTGRES_PASSWORD: LOGIN.password },
  });
  const scratch = new EmbeddedScratch({
    ...{ engine: false, only: [] },
    environments: { shop_stg: environment(false), shop_prod: environment(true) },
  });
  await scratch.make();
  const place = `${scratch.outside}/place`;
  mkdirSync(place, { mode: 0o777 });
  const port = (name: Environment): number => scratch.server(name).port;
  const stage: Stage = {
    ...{ scratch, place, port },
    stg: stageAsker(() => port('shop_stg')),
    prod: stageAsker(() => port('shop_prod')),
    start: async (name) => {
      const home = homeOf(scratch.root, name);
      if (existsSync(home.data))
        await startServer(home, ['-c', 'max_prepared_transactions=5', '-c', 'fsync=off']);
      else {
        await scratch.mustTask(`up ENV=${name}`);
        await stopServer(home);
        await stage.start(name);
      }
    },
    stop: (name) => stopServer(homeOf(scratch.root, name)),
    around: () => Promise.resolve(existsSync(scratch.data('shop_prod'))),
    own: () => Promise.resolve(existsSync(scratch.data('shop_stg'))),
  };
  return stage;
}

const INI = 'app/backend/core_api/migrations/alembic.ini';
const ENV_PY = 'app/backend/core_api/migrations/alembic/env.py';

otherThanShown(prepare, [
  ...ROWS_OF_THIS_SIDE,
  ...ROWS,
  ...alembicRows(({ scratch, port }) => {
    const text = scratch.read(ENV_PY);
    scratch.write(ENV_PY, text.replace('int(port)', String(port('shop_prod'))));
  }),
]);
