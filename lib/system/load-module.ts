import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const nodeRequire = createRequire(import.meta.url);

/**
 * A TypeScript file of the repository or of the package, as `import()` gives it. Where TypeScript can be required, it is
 * there at once: Node 20 asks another thread for each `import()`, twice.
 */
export async function loadModule(file: string): Promise<unknown> {
  if ('.ts' in nodeRequire.extensions) {
    try {
      return nodeRequire(file);
    } catch {
      // It may wait for something at its top level; if anything else is wrong with it, `import()` says so.
    }
  }
  return import(pathToFileURL(file).href);
}
