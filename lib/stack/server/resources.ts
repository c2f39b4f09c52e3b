import { REGISTRY_FILE } from '../../environment/registry.ts';
import type { Environment } from '../../environment/resolve.ts';
import { addressOf } from '../../environment/server-entry.ts';
import type { Resources } from '../resources.ts';

/** One database of a server; if the environment does not name it, all of its databases. */
export function resources({ name, entry, variables }: Environment): Pick<Resources, 'addresses'> {
  const database = variables.get('POSTGRES_DB')?.value;
  const value = `${addressOf(entry.server!)}${database === undefined ? '' : `/${database}`}`;
  return { addresses: [{ value, at: `${REGISTRY_FILE} (${name})` }] };
}
