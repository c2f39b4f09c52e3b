import type pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { connect, PATIENCE, useEmbedded, type EmbeddedScratch } from './embedded.ts';
import { INI } from './revisions.ts';

interface Clients {
  readonly client: pg.Client;
  readonly twin: pg.Client;
}

/** Two embedded environments at head, `local_demo` and `twin`, and a connection to each, once they are there. */
export function useTwins(): { scratch: EmbeddedScratch; clients: () => Clients } {
  const entry = { stack: 'embedded', alembicIni: INI } as const;
  const env = { POSTGRES_USER: 'app_demo', POSTGRES_DB: 'core_twin' };
  const scratch = useEmbedded({ environments: { twin: { entry, env } } });
  let made: Clients | undefined;
  beforeAll(async () => {
    await Promise.all(
      ['local_demo', 'twin'].map(async (name) => {
        await scratch.mustTask(`up ENV=${name}`);
        await scratch.mustTask(`al-up-env ENV=${name}`);
      }),
    );
    made = {
      client: await connect(scratch),
      twin: await connect(scratch, { environment: 'twin', database: 'core_twin' }),
    };
  }, 2 * PATIENCE);
  afterAll(() => Promise.all([made?.client.end(), made?.twin.end()]));
  return { scratch, clients: () => made! };
}
