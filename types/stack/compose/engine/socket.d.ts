import type { EnvironmentEntry } from '../../../environment/entry.ts';
type Entry = Pick<EnvironmentEntry, 'engine'>;
/** The socket on this machine that docker would choose; undefined where it would choose something else, or may. */
export declare function engineSocket(entry: Entry): string | undefined;
/**
 * What docker's own settings say, in docker's order: a context that is named, DOCKER_HOST, DOCKER_CONTEXT, the context
 * in use. Undefined where only docker can tell. https://docs.docker.com/engine/manage-resources/contexts/
 */
export declare function knownEndpoint({ engine }: Entry): string | undefined;
export {};
