import type { Environment } from '../../environment/resolve.ts';
import { REGISTRY_FILE } from '../../environment/registry.ts';
import type { Footprint } from '../claims.ts';
import { homeOf } from './server.ts';

/** Its folder is named after the environment, so that no other one can have it. */
export function footprint({ root, name }: Environment): Pick<Footprint, 'folders'> {
  return { folders: [{ value: homeOf(root, name).data, at: REGISTRY_FILE }] };
}
