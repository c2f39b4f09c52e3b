import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

// Runs TypeScript as tsx does, in half of its time: tests start tasks a thousand times. What tsx adds (CommonJS, other
// suffixes, tsconfig's paths) no task needs. `runNpx` and `runMake` run tasks with tsx itself.
if (isMainThread) register(import.meta.url);

const CACHE = join(tmpdir(), `makesafe-typescript-${process.getuid?.() ?? ''}`);
const isTypeScript = (url) => url.startsWith('file:') && new URL(url).pathname.endsWith('.ts');

/** A hook of Node's module loader. @see https://nodejs.org/docs/latest-v20.x/api/module.html#loadurl-context-nextload */
export async function load(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  const file = fileURLToPath(url);
  return { format: 'module', source: await translate(readFileSync(file, 'utf8'), file), shortCircuit: true };
}

async function translate(text, file) {
  const cached = join(CACHE, createHash('sha256').update(text).digest('hex'));
  try {
    return readFileSync(cached, 'utf8');
  } catch {
    const { default: typescript } = await import('typescript');
    const { ModuleKind, ScriptTarget } = typescript;
    const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2023, inlineSourceMap: true };
    const { outputText } = typescript.transpileModule(text, { compilerOptions, fileName: file });
    mkdirSync(CACHE, { recursive: true, mode: 0o700 });
    // Others may be translating the same file.
    const beside = `${cached}.${process.pid}`;
    writeFileSync(beside, outputText);
    renameSync(beside, cached);
    return outputText;
  }
}
