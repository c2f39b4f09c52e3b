import type { Storage } from '../../stack/stack.ts';
/** A storage in a few words. */
export declare function describeStorage(storage: Storage): string;
