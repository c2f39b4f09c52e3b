// Runs the registry in a process of its own, and hands over what it exports as plain data. A registry is a program that
// the repository's people write: here it may end, print, loop or wait for ever, and the task goes on. JavaScript,
// because a process has no loader for TypeScript before it has loaded one.

const { fileURLToPath, pathToFileURL } = require('node:url');
const { registerHooks } = require('node:module');
const { sep } = require('node:path');
const { isProxy } = require('node:util').types;
const { readSync, writeSync } = require('node:fs');

/** How deep and how large data may be: a registry of a hundred environments has some thousand values. */
const DEEPEST = 8;
const MOST = 100_000;

/** Milliseconds after which the process ends, whatever the registry has left running. */
const LONGEST_REST = 100;

/** What the task reads: the first line. Written whole: a pipe may take a part of it only. */
const ANSWER = 3;
const exit = process.exit.bind(process);
function answer(what) {
  const bytes = Buffer.from(`${JSON.stringify(what)}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(ANSWER, bytes, at);
  // There is one answer, whatever the registry does later.
  process.exit = exit;
  // Not at once: tsx still writes its translation to its cache, and without it would translate anew in each run.
  setTimeout(exit, LONGEST_REST, 0).unref();
}

process.exit = (code) => {
  answer({ ended: `process.exit(${code ?? ''})` });
  exit(0);
};

// What the registry imports belongs to it. Node has told of modules since 22.15; before, tsx makes all of them CommonJS.
const imported = new Set();
registerHooks?.({
  load(url, context, next) {
    if (url.startsWith('file:')) imported.add(fileURLToPath(url));
    return next(url, context);
  },
});
/** False where tsx has loaded modules without telling. */
let toldAll = true;
/** The files that were loaded, without those of packages; undefined if it is not known. */
function loadedFiles() {
  if (!toldAll) return undefined;
  const all = new Set([...imported, ...Object.keys(require.cache)]);
  return [...all].filter((file) => file !== __filename && !file.includes(`${sep}node_modules${sep}`));
}

// Node's own stripping of types, where it has it; tsx for what that does not read: enums, imports without a suffix.
const NEEDS_TSX = ['ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX', 'ERR_MODULE_NOT_FOUND'];
const useTsx = () => require('tsx/cjs/api').register();
if (!process.features.typescript) useTsx();
async function load(file) {
  try {
    return require(file);
  } catch (error) {
    if (NEEDS_TSX.includes(error?.code)) {
      useTsx();
      return require(file);
    }
    // It waits for something at its top level. Whatever else is wrong with it, the first attempt has said.
    if (error?.code !== 'ERR_REQUIRE_ASYNC_MODULE' && !/top-level await/i.test(String(error?.message)))
      throw error;
    toldAll = false;
    const { tsImport } = await import('tsx/esm/api');
    return tsImport(pathToFileURL(file).href, pathToFileURL(__filename).href);
  }
}

/**
 * A copy that holds nothing but data; what is none is a problem with its place, and left out.
 *
 * @param {unknown} value
 * @param {string} place
 * @param {{ problems: string[], count: number }} found
 * @param {object[]} around the objects that it is in
 */
function plain(value, place, found, around = []) {
  if (found.problems.length >= 50 || ++found.count > MOST) return undefined;
  if (value === null || ['string', 'number', 'boolean', 'undefined'].includes(typeof value)) return value;
  const problem = (what) => void found.problems.push(`${place || 'the default export'} ${what}`);
  if (typeof value !== 'object') return problem(`is a ${typeof value}, not data`);
  if (isProxy(value)) return problem('is a Proxy, not data');
  if (around.includes(value)) return problem('contains itself');
  if (around.length === DEEPEST) return problem('is nested too deeply');
  const isList = Array.isArray(value);
  const prototype = Object.getPrototypeOf(value);
  if (!isList && prototype !== null && prototype !== Object.prototype) {
    const { name } = prototype.constructor ?? {};
    return problem(
      `is ${typeof name === 'string' && name !== '' && name !== 'Object' ? `a ${name}` : 'made from another object'}, not data`,
    );
  }
  const copy = isList ? [] : Object.create(null);
  for (const key of Reflect.ownKeys(value)) {
    if (isList && key === 'length') continue;
    const inside = isList
      ? `${place}[${String(key)}]`
      : place === ''
        ? String(key)
        : `${place}.${String(key)}`;
    const own = Object.getOwnPropertyDescriptor(value, key);
    if (typeof key === 'symbol') problem('has a symbol for a key');
    else if (!('value' in own)) found.problems.push(`${inside} is computed by a getter, not data`);
    else copy[key] = plain(own.value, inside, found, [...around, value]);
  }
  return copy;
}

/** Where in the file it was thrown, as far as the stack says. */
function placeOf(error, file) {
  const stack = String(error?.stack ?? '');
  const at = stack.indexOf(`${file}:`);
  return at < 0 ? undefined : /^:(\d+)/.exec(stack.slice(at + file.length))?.[1];
}

const [, , FILE, HOW] = process.argv;
// Everything is loaded but the registry. Without a word, the task has ended.
if (HOW === 'wait' && readSync(0, Buffer.alloc(8)) === 0) exit();
load(FILE)
  .then((module) => {
    const found = { problems: [], count: 0 };
    // `import()` of what was CommonJS wraps it once more.
    const exported = module?.default?.__esModule ? module.default.default : module?.default;
    const value = plain(exported, '', found);
    if (found.count > MOST) found.problems.push(`the default export has more than ${MOST} values`);
    // JSON keeps the names of keys as they are, `__proto__` among them.
    answer({ value: JSON.stringify(value), problems: found.problems, files: loadedFiles() });
  })
  .catch((error) => {
    let message = 'something was thrown that is no error';
    try {
      message = error instanceof Error ? error.message : String(error);
    } catch {
      // What was thrown has no text.
    }
    answer({ thrown: message, line: placeOf(error, FILE) });
  });
