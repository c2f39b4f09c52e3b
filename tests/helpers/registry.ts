import { join } from 'node:path';
import { loadRegistry } from '../../lib/environment/registry.ts';

/** The project's own, also in a program that vitest does not run: there an ES module has no default import of it. */
export const registry = await loadRegistry(join(import.meta.dirname, '../..'));
