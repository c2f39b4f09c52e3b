// For `import` and `require` in plain Node, which runs no TypeScript in node_modules.
function load() {
  try {
    return require('../lib/index.ts');
  } catch (error) {
    if (!(error instanceof SyntaxError) && error.code !== 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
      throw error;
    return require('tsx/cjs/api').require('../lib/index.ts', __filename);
  }
}

const library = load();
// One by one: so `import { defineTask }` finds the names in a CommonJS file.
exports.defineTask = library.defineTask;
exports.choice = library.choice;
exports.duration = library.duration;
exports.flag = library.flag;
exports.required = library.required;
exports.text = library.text;
exports.wholeNumber = library.wholeNumber;
exports.CancelledError = library.CancelledError;
exports.ConfigurationError = library.ConfigurationError;
exports.FailedError = library.FailedError;
exports.MakesafeError = library.MakesafeError;
exports.RefusedError = library.RefusedError;
exports.UnreachableError = library.UnreachableError;
exports.UsageError = library.UsageError;
