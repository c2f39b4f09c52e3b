import type { Environment } from '../../environment/resolve.ts';
import { REGISTRY_FILE } from '../../environment/registry.ts';
import type { Resources } from '../resources.ts';
import { homeOf } from './server.ts';

/** Its only resource is its folder, which has the environment's name: no other environment uses it. */
export function resources({ root, name }: Environment): Pick<Resources, 'folders'> {
  return { folders: [{ value: homeOf(root, name).data, at: REGISTRY_FILE }] };
}
