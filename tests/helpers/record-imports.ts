// Loaded with --import: prints every specifier that is imported or required to standard error, as `import <specifier>`.
import { writeSync } from 'node:fs';
import Module, { register } from 'node:module';

const hooks = `
import { writeSync } from 'node:fs';
export function resolve(specifier, context, next) {
  writeSync(2, 'import ' + specifier + String.fromCharCode(10));
  return next(specifier, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

// What every kind of `require` comes to.
const loader = Module as unknown as { _load: (specifier: string, ...more: unknown[]) => unknown };
const load = loader._load;
loader._load = function (specifier, ...more): unknown {
  writeSync(2, `import ${specifier}\n`);
  return load.call(this, specifier, ...more);
};
