import type { Environment } from '../../environment/resolve.ts';
import type { Footprint } from '../claims.ts';
/** One database of a server; all of them, as long as it is not known which. */
export declare function footprint({ name, entry, variables }: Environment): Pick<Footprint, 'addresses'>;
