/**
 * A TypeScript file of the repository or of the package, as `import()` gives it. Where TypeScript can be required, it is
 * there at once: Node 20 asks another thread for each `import()`, twice.
 */
export declare function loadModule(file: string): Promise<unknown>;
