/**
 * What a registry's file exports by default, as plain data. The file runs in a process of its own: it may end, crash,
 * print, loop, or wait for ever, and this still answers. A thread of ours is
 * suspected of the segmentation faults that ended two tasks in silence (Node 20). What it prints goes to standard error,
 * for standard output is ours.
 *
 * @param file relative to the root, as messages name it
 * @throws ConfigurationError naming the file, what is wrong, and where
 */
export declare function loadRegistryData(root: string, file: string, signal?: AbortSignal): Promise<unknown>;
