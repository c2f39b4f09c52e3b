import type { Environment } from '../../environment/resolve.ts';
import { REGISTRY_FILE } from '../../environment/registry.ts';
import type { Footprint } from '../claims.ts';
import { homeOf } from './server.ts';

/** Its only resource is its folder, which has the environment's name: no other environment uses it. */
export function footprint({ root, name }: Environment): Pick<Footprint, 'folders'> {
  return { folders: [{ value: homeOf(root, name).data, at: REGISTRY_FILE }] };
}
