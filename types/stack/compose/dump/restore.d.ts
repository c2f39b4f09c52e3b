import type { ToText } from '../../../dump/read/dump.ts';
import type { Engine } from '../engine/engine.ts';
/**
 * The SQL of an archive, by the pg_restore of the database's own container, which knows more ways to compress than Node does.
 *
 * @param container is asked for when it is needed
 */
export declare function textWithin(engine: Engine, container: () => Promise<string>): ToText;
