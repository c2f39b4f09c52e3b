import type { EnvironmentEntry } from '../../../environment/entry.ts';
type Entry = Pick<EnvironmentEntry, 'engine'>;
/** Where the engine listens, as docker itself would choose it. */
export declare function engineEndpoint(entry: Entry): Promise<string>;
export {};
