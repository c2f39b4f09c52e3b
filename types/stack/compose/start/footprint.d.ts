import type { Environment } from '../../../environment/resolve.ts';
import type { Footprint } from '../../claims.ts';
type Claims = Pick<
  Footprint,
  'engine' | 'projects' | 'volumes' | 'external' | 'folders' | 'addresses' | 'exclusive'
>;
/** What the resolved compose configuration of an environment claims. */
export declare function footprint(environment: Environment, databaseService: string): Promise<Claims>;
/**
 * File and line that give a value: the first line of the compose files that, with the env files' values put in, holds
 * one of the texts; where a variable stands for it, the line of the env file.
 */
export declare function placeOf(environment: Environment, needles: readonly string[]): string;
export {};
