import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const nodeRequire = createRequire(import.meta.url);

/**
 * A TypeScript file of the repository or of the package, as `import()` gives it. Where TypeScript can be required, it is
 * there at once: Node 20 asks another thread for each `import()`, twice.
 *
 * @param again read the file once more, although it was read before
 */
export async function loadModule(file: string, again = false): Promise<unknown> {
  // In a package whose package.json does not say "type": "module", what was imported is kept here as well.
  if (again) delete nodeRequire.cache[file];
  if ('.ts' in nodeRequire.extensions) {
    try {
      return nodeRequire(file);
    } catch {
      // It may wait for something at its top level; if anything else is wrong with it, `import()` says so.
    }
  }
  const url = pathToFileURL(file);
  if (again) url.search = String(process.hrtime.bigint());
  return import(url.href);
}
