import { cpSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { build } from 'esbuild';

/**
 * Before `npm pack`: dist/ (or the folder that is given), the package's JavaScript, file by file beside its source map.
 * tsc writes the declarations there.
 * Nothing is bundled: programs and texts are found beside the file that reads them.
 */
const [, , DIST = 'dist'] = process.argv;
/** What runs in this repository only. */
const ONLY_HERE = /^(lib\/project\/|tasks\/(demo|test)\.ts$)/;

const files = ['lib', 'tasks', 'completion'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => !ONLY_HERE.test(file) && !file.endsWith('.md')),
);
const isSource = (file) => extname(file) === '.ts';

/** Leaves each import as it is, but for the suffix. @type {import('esbuild').Plugin} */
const eachFile = {
  name: 'each file by itself',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\./, namespace: 'file' }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    ),
};

rmSync(DIST, { recursive: true, force: true });
await build({
  ...{ entryPoints: files.filter(isSource), outdir: DIST, outbase: '.', bundle: true, packages: 'external' },
  ...{ plugins: [eachFile], format: 'esm', platform: 'node', target: 'node20.19', sourcemap: 'linked' },
});
for (const file of files.filter((file) => !isSource(file))) cpSync(file, join(DIST, file));
// The package itself says nothing of its modules: a repository's own tasks are of either kind.
writeFileSync(join(DIST, 'package.json'), '{ "type": "module" }\n');
