const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
const { fileURLToPath } = require('node:url');

// Loaded with --require: runs TypeScript as tsx does, in a third of its time: tests start tasks a thousand times. What
// tsx adds (ES modules, other suffixes, tsconfig's paths) no task needs. `runNpx` and `runMake` run tasks with tsx.

// In the checkout, because others may write into the machine's temporary folder.
const CACHE = join(__dirname, '../../node_modules/.cache/makesafe-typescript');

require.extensions['.ts'] = (module, file) =>
  module._compile(translate(readFileSync(file, 'utf8'), file), file);

// `import()` has become `require`, which takes no URL.
const required = Module.prototype.require;
Module.prototype.require = function (name) {
  return required.call(this, name.startsWith('file:') ? fileURLToPath(name) : name);
};

// Node's remark on packages that are ES modules only, which tsx translates.
const { emitWarning } = process;
process.emitWarning = (warning, ...more) => {
  if (more[0] !== 'ExperimentalWarning') emitWarning.call(process, warning, ...more);
};

function translate(text, file) {
  const cached = join(CACHE, createHash('sha256').update('CommonJS').update(text).digest('hex'));
  try {
    return readFileSync(cached, 'utf8');
  } catch {
    const { ModuleKind, ScriptTarget, transpileModule } = require('typescript');
    const { CommonJS: module } = ModuleKind;
    const compilerOptions = {
      module,
      target: ScriptTarget.ES2023,
      inlineSourceMap: true,
      esModuleInterop: true,
    };
    const { outputText } = transpileModule(text, { compilerOptions, fileName: file });
    const output = outputText
      .replaceAll('import.meta.url', "require('node:url').pathToFileURL(__filename).href")
      .replaceAll('import.meta.dirname', '__dirname');
    mkdirSync(CACHE, { recursive: true });
    // Others may be translating the same file.
    const beside = `${cached}.${process.pid}`;
    writeFileSync(beside, output);
    renameSync(beside, cached);
    return output;
  }
}
