import { REGISTRY_FILE } from '../../environment/registry.ts';
import type { Environment } from '../../environment/resolve.ts';
import { addressOf, nodesOf } from '../../environment/server-entry.ts';
import type { Resources } from '../resources.ts';

/** One database of a server, at each of its addresses; if the environment does not name it, all of its databases. */
export function resources({ name, entry, variables }: Environment): Pick<Resources, 'addresses'> {
  const database = variables.get('POSTGRES_DB')?.value;
  const addresses = nodesOf(entry.server!).map((node) => ({
    value: `${addressOf(node)}${database === undefined ? '' : `/${database}`}`,
    at: `${REGISTRY_FILE} (${name})`,
  }));
  return { addresses };
}
