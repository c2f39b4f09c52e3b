/** A folder of its own, for a repository whose package.json and lock file are not to change. */
export declare const OWN_FOLDER = '.makesafe';
/** How a person calls makesafe from where they stand: npx finds it in node_modules there or above, and nowhere else. */
export declare function caller(script?: string | undefined, workingDirectory?: string): string;
export declare function aroundOf(script: string | undefined): string | undefined;
export declare const isBelow: (path: string) => boolean;
