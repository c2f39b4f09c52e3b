import Module, { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { SUFFIX } from './script.ts';

const nodeRequire = createRequire(import.meta.url);

/**
 * Loads a file of the package, or a TypeScript file of the repository. Node itself runs TypeScript if it can strip
 * types; else tsx does, and is loaded only then. Uses `require`, because Node 20 asks another thread twice for each
 * `import()`.
 */
export async function loadModule(file: string): Promise<unknown> {
  if (!file.endsWith('.ts')) return import(pathToFileURL(file).href);
  const isRead = '.ts' in nodeRequire.extensions;
  if (!isRead) await useTsx();
  try {
    return quietly(() => nodeRequire(file) as unknown);
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    // TypeScript that Node cannot run: enums and the like, and imports without a suffix.
    if (SUFFIX !== '.ts' && ['ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'ERR_MODULE_NOT_FOUND'].includes(code)) {
      await useTsx();
      return nodeRequire(file);
    }
    // Loading again is safe only after these errors: none of the file has run.
    if (code !== 'ERR_REQUIRE_ASYNC_MODULE' && !/top-level await/i.test(message)) throw error;
    if (!isRead) (await import('tsx/esm/api')).register();
    return import(pathToFileURL(file).href);
  }
}

/** Registers tsx. Puts this very makesafe into the cache; otherwise tsx would compile the whole package again. */
async function useTsx(): Promise<void> {
  (nodeRequire('tsx/cjs/api') as { register: () => void }).register();
  const index = fileURLToPath(new URL(`../index${SUFFIX}`, import.meta.url));
  const module = Object.assign(new Module(index), {
    exports: (await import(pathToFileURL(index).href)) as unknown,
    loaded: true,
  });
  nodeRequire.cache[index] = module;
}

/** Loads without two warnings of Node: about experimental features, and about packages without a `type`. */
function quietly(load: () => unknown): unknown {
  const emitWarning = Reflect.get(process, 'emitWarning') as (...args: readonly unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...more: unknown[]) => {
    const [about] = more as [string | { type?: string; code?: string } | undefined];
    const { type, code } = typeof about === 'object' ? about : { type: about, code: undefined };
    if (type === 'ExperimentalWarning' || code === 'MODULE_TYPELESS_PACKAGE_JSON') return;
    Reflect.apply(emitWarning, process, [warning, ...more]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
