import type { Claim, Footprint } from '../../stack/claims.ts';
import type { Plan } from '../../stack/plan.ts';
import type { Target } from '../../stack/stack.ts';
/** Something that two environments both claim. */
export interface Overlap {
  readonly what: 'project' | 'volume' | 'folder' | 'address';
  readonly own: Claim;
  readonly other: Claim;
  readonly environment: string;
  /** One of the two is protected. */
  readonly protected: boolean;
}
/** Where a claim is stated that no file states. */
export declare const IN_USE: string, LEFT_OVER: string;
/** What an environment shares with the others of the registry, by configuration or by what its server really uses. */
export declare function findOverlaps(
  name: string,
  footprints: readonly Footprint[],
  target: Target,
  plan: Plan,
): Overlap[];
/** `volume shop_data is also vm_prod's (env/.env.vm_stg:3, docker/docker-compose.prod.yml:12)` */
export declare const describeOverlap: ({ what, own, other, environment }: Overlap) => string;
