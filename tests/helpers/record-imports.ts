// Loaded with --import: prints every specifier that is resolved to standard error, as `import <specifier>`.
import { register } from 'node:module';

const hooks = `
import { writeSync } from 'node:fs';
export function resolve(specifier, context, next) {
  writeSync(2, 'import ' + specifier + String.fromCharCode(10));
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
