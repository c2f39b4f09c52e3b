import type { Environment } from '../../environment/resolve.ts';
import type { Footprint } from '../claims.ts';
/** Its folder is named after the environment, so that no other one can have it. */
export declare function footprint({ root, name }: Environment): Pick<Footprint, 'folders'>;
