import type { Registry } from '../environment/entry.ts';
import type { Redactor } from '../output/redact.ts';
import type { Footprint } from './claims.ts';
/**
 * The footprints of all environments of the registry. What cannot be read here says so.
 *
 * @param own the environment to work on, whose database service may be another one this time
 * @param redactor is given the secrets of all of them, because a message may quote an env file
 */
export declare function readFootprints(
  root: string,
  registry: Registry,
  own: {
    readonly name: string;
    readonly databaseService: string | undefined;
  },
  redactor: Redactor,
): Promise<Footprint[]>;
