import { addressOf, tlsOf } from '../../environment/server-entry.ts';
import { failed, passed, warning, type Check, type Outcome } from '../../output/check-result.ts';
import type { Cluster } from './cluster.ts';
import { openConnection } from './connection.ts';
import { choosePrimary, describeNodes } from './primary.ts';

/**
 * Checks that the server answers, and how far TLS proves its identity. Every session checks the password anyway. Of a
 * cluster, shows what each server is.
 */
export const engineOf = (cluster: Cluster): Check<undefined> => ({
  name: 'engine',
  async look() {
    const [server] = cluster.nodes;
    const tls = tlsOf(server!);
    if (cluster.isCluster) return lookAtCluster(cluster, tls);
    (await openConnection(server!)).destroy();
    return trusted(`PostgreSQL server ${addressOf(server!)}`, tls);
  },
});

async function lookAtCluster(cluster: Cluster, tls: string): Promise<Outcome> {
  const seen = await cluster.look();
  const chosen = choosePrimary(seen);
  const found = `PostgreSQL cluster: ${describeNodes(seen).join('; ')}`;
  if ('unclear' in chosen)
    return failed(
      `${chosen.unclear} (${found})`,
      'see what happens to the cluster (with Patroni: patronictl list)',
    );
  const silent = seen.filter((node) => 'silent' in node).map(({ address }) => address);
  if (silent.length > 0) return warning(found, `see why ${silent.join(' and ')} does not answer`);
  return trusted(found, tls);
}

const trusted = (found: string, tls: string): Outcome =>
  tls.startsWith('verify-')
    ? passed(`${found}, TLS ${tls}`)
    : warning(
        `${found}, TLS ${tls}: nobody looks whether it is the one`,
        "state server.caFile, and server.tls: 'verify-full'",
      );
