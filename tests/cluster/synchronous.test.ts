import { afterEach, beforeAll, describe } from 'vitest';
import { throughPort, useCluster, useTaps } from '../helpers/cluster.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { ROLES_SCRIPT, silentStandbySuite } from '../shared/silent-standby-suite.ts';

const at = await useCluster(({ balancer }) => throughPort(balancer), { rolesScript: ROLES_SCRIPT });
const { scratch, cluster } = at;
const taps = useTaps(at);

/** Patroni chooses who has to confirm; without `strict` nobody, once it has noticed that no standby is left. */
describe.each([
  ['synchronous_mode', false],
  ['synchronous_mode_strict', true],
])('%s, and no standby answers', (_name, strict) => {
  const ask = async (sql: string, database?: string): Promise<string> =>
    cluster.ask(await cluster.primary(), sql, database);
  beforeAll(async () => {
    await cluster.configure({ synchronous_mode: true, synchronous_mode_strict: strict });
    await cluster.confirmed();
  }, PATIENCE);
  afterEach(() => cluster.heal(), PATIENCE);

  silentStandbySuite(scratch, 2, {
    server: () => taps.balanced,
    before: (pattern, happens) => taps.before(pattern, happens),
    async silence() {
      const primary = await cluster.primary();
      for (const node of cluster.nodes) if (node !== primary) cluster.silence(node);
    },
    async heal() {
      await cluster.heal();
      await cluster.confirmed();
    },
    ask,
    names: '(?:"?n[123]"?|\\*)',
  });
});
