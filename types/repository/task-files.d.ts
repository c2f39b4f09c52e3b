/** The file of each task by name: those of the package, and over them those in the repository's own tasks/. */
export declare function taskFiles(root?: string): Map<string, string>;
export declare const taskNames: (root?: string) => string[];
