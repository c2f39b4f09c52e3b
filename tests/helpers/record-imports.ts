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

const { prototype } = Module as unknown as { prototype: { require: (specifier: string) => unknown } };
const required = prototype.require;
prototype.require = function (specifier): unknown {
  writeSync(2, `import ${specifier}\n`);
  return required.call(this, specifier);
};
