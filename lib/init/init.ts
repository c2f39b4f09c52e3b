import { basename, dirname, join } from 'node:path';
import { display } from '../output/display.ts';
import { checkRegistry, REGISTRY_AT_ROOT, REGISTRY_FILE, registryIn } from '../environment/registry.ts';
import { CancelledError, ConfigurationError, UsageError } from '../errors.ts';
import { writeWhole } from '../system/files.ts';
import { flag, text } from '../parameters/kinds.ts';
import { readParameters } from '../parameters/read.ts';
import type { Parameter } from '../parameters/parameter.ts';
import { taskNames } from '../repository/task-files.ts';
import type { Terminal } from '../output/terminal.ts';
import { changeMakefile } from './adjacent.ts';
import { Asker } from './ask.ts';
import { append, create, describeChange, lookAtChange, missingLines, type Change } from './changes.ts';
import type { GivenFiles } from './environments.ts';
import { ignoredByGit, ignoringFiles } from './git.ts';
import { makePlan, type InitPlan } from './plan.ts';
import { isPresent } from '../repository/project.ts';
import { registryText } from './registry-text.ts';
import { renderTable } from './table.ts';
import { installedIn, packageFolder } from '../system/package-folder.ts';
import { OWN_FOLDER } from '../output/caller.ts';

const list = (summary: string): Parameter<string[]> => ({
  summary,
  placeholder: '<name>,<name>',
  parse: (given) => given.split(/[\s,]+/).filter(Boolean),
});

const PARAMETERS = {
  FILES: {
    summary: 'compose files of any name: <environment>:<file>+<file>,…',
    placeholder: '<name>:<file>,…',
    parse: (given: string): GivenFiles[] =>
      given
        .split(/[\s,]+/)
        .filter(Boolean)
        .map((one) => {
          const [, name, files] = one.match(/^([a-z0-9][a-z0-9_-]*):(.+)$/) ?? [];
          if (name === undefined || files === undefined)
            throw new Error('is not <environment>:<file>+<file>,…');
          return { name, files: files.split('+').map((file) => file.replace(/^\.\//, '')) };
        }),
  },
  ENVIRONMENTS: list('the environments, instead of those that the compose files are called after'),
  PROTECTED: list('those whose data must outlive mistakes, instead of all that are not plainly local'),
  PG_SERVICE: text('the compose service that runs PostgreSQL', { placeholder: '<service>' }),
  APPLICATION_SERVICE: text('the compose service that has alembic', { placeholder: '<service>' }),
  ALEMBIC_INI: text('alembic.ini as that service sees it; on this machine, where no service has it', {
    placeholder: '<file>',
  }),
  PREFIX: {
    summary: "what to put before the names of makesafe's targets",
    placeholder: '<text>',
    default: '',
    parse: (given: string): string => {
      if (!/^[A-Za-z0-9_.-]*$/.test(given)) throw new Error('is no beginning of a target');
      return given;
    },
  },
  DRY_RUN: flag('show what would be written, and write nothing'),
};

const TEMPLATE = 'secrets/.env.template.secrets';

/** `npx makesafe init`: writes a registry for the repository. Only adds to existing files. Shows all changes first. */
export async function init(terminal: Terminal, root: string, argv: readonly string[]): Promise<void> {
  const source = { argv, env: {}, make: undefined };
  const { values, help } = readParameters(PARAMETERS, source);
  if (help) return terminal.result(usage());
  const present = registryIn(root);
  if (present !== undefined) {
    throw new ConfigurationError(`${present} exists, and is left as it is`, { hint: 'npx makesafe help' });
  }
  const asker = new Asker(values, terminal);
  const plan = await makePlan(root, values, asker);
  const problems = checkRegistry(plan.registry);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));

  const registry = await placeOfRegistry(root);
  const makefile = changeMakefile(root, taskNames(), values.PREFIX);
  const changes = await changesIn(root, registry, plan, makefile.changes);
  for (const change of changes) terminal.result(`${describeChange(change, terminal)}\n`);
  for (const line of renderTable(plan.rows, plan.files, registry).split('\n')) terminal.line(line);
  [...plan.remarks, ...makefile.remarks].forEach(terminal.warn);
  if (plan.rows.every((row) => !row.protected))
    terminal.info(
      `nothing is protected. If these files also run on a server, name it: ENVIRONMENTS=${plan.rows.map(({ name }) => name).join(',')},prod`,
    );
  makefile.next.forEach(terminal.next);
  if (values.DRY_RUN) {
    terminal.info('nothing was written (DRY_RUN=1)');
    const words = argv.filter((word) => !isDryRun(word));
    return terminal.next(display({ file: 'npx', args: ['makesafe', 'init', ...words] }));
  }
  if (!(await asker.confirm('Write this?'))) throw new CancelledError('nothing was written');
  // Check all files before writing the first: each must still be what was shown.
  const overs = changes.map((change) => lookAtChange(root, change));
  for (const [at, { path, after }] of changes.entries()) {
    await writeWhole(join(root, path), 0o644, (output) => void output.write(after), overs[at]);
  }
  terminal.ok(`written: ${changes.map(({ path }) => path).join(', ')}`);
  const lost = await ignoredByGit(
    root,
    changes.map(({ path }) => path),
  );
  if (lost.length > 0) terminal.warn(`git ignores ${lost.join(', ')}: git add --force ${lost.join(' ')}`);
  if (!isPresent(root, packageFolder(root))) installing(root).forEach(terminal.next);
  terminal.next(`npx makesafe check ENV=${plan.registry.default}`);
  terminal.next(makefile.except.includes('help') ? 'npx makesafe help' : `make ${values.PREFIX}help`);
}

const isDryRun = (word: string): boolean => /^(--)?(DRY_RUN|dry-run)(=|$)/.test(word);

/** In env/, unless git ignores it: the usual .gitignore for Python does, because env/ may be a virtual environment. */
async function placeOfRegistry(root: string): Promise<string> {
  const ignored = await ignoredByGit(root, [REGISTRY_FILE, REGISTRY_AT_ROOT]);
  return ignored.includes(REGISTRY_FILE) && !ignored.includes(REGISTRY_AT_ROOT)
    ? REGISTRY_AT_ROOT
    : REGISTRY_FILE;
}

/** All files that init writes. What git ignores of them is kept by a line in the .gitignore that hides it. */
async function changesIn(
  root: string,
  registry: string,
  { secrets, ...plan }: InitPlan,
  makefile: readonly Change[],
): Promise<Change[]> {
  const template = `# Copy it for each environment, readable by you only, and fill it in.\n${secrets.map((name) => `${name}=\n`).join('')}`;
  const written = [
    ...create(root, registry, registryText(plan.registry)),
    ...(secrets.length > 0 ? create(root, TEMPLATE, template) : []),
    ...makefile,
  ];
  const ignored = await ignoringFiles(
    root,
    written.map(({ path }) => path),
  );
  const folder = packageFolder(root);
  const isElsewhere = !/^(\.\.\/)*node_modules\//.test(folder);
  const lines = [
    ...['/backups/', '/journal/', '/.embedded/', '/node_modules/'],
    ...(isElsewhere ? [`/${installedIn(folder)}/node_modules/`] : []),
    ...(secrets.length > 0 && !ignored.some(({ path }) => path === TEMPLATE)
      ? ['/secrets/*', `!/${TEMPLATE}`]
      : []),
  ];
  const own = ignored.filter(({ path, by }) => by === `${dirname(path)}/.gitignore`);
  const again = ignored.filter((one) => !own.includes(one)).flatMap(({ path }) => keeping(path));
  return [
    ...written.slice(0, written.length - makefile.length),
    ...append(
      root,
      '.gitignore',
      missingLines(root, '.gitignore', lines) + again.map((line) => `${line}\n`).join(''),
      () => false,
    ),
    ...own.flatMap(({ path, by }) =>
      append(root, by, missingLines(root, by, ['!.gitignore', `!${basename(path)}`]), () => false),
    ),
    ...makefile,
  ];
}

/** In a .gitignore the last matching line counts. To keep a file below an ignored folder, keep the folder first. */
function keeping(path: string): string[] {
  const [folder] = path.split('/');
  return [...(path.includes('/') ? [`!/${folder}/`, `/${folder}/*`] : []), `!/${path}`];
}

/** The command that installs makesafe: with the repository's own package manager, or in a separate folder. */
function installing(root: string): string[] {
  const [, line] = [
    ['pnpm-lock.yaml', 'pnpm add --save-dev makesafe'],
    ['yarn.lock', 'yarn add --dev makesafe'],
    ['bun.lock', 'bun add --dev makesafe'],
    ['bun.lockb', 'bun add --dev makesafe'],
  ].find(([file]) => isPresent(root, file!)) ?? ['', 'npm install --save-dev makesafe'];
  return [line!, `or, beside your package.json: npm install --prefix ${OWN_FOLDER} makesafe`];
}

function usage(): string {
  const rows = Object.entries(PARAMETERS).map(([name, { placeholder, summary }]) => [
    `  ${name}=${placeholder}`,
    summary,
  ]);
  const width = Math.max(...rows.map(([left]) => left!.length));
  return [
    'npx makesafe init: write env/environments.ts and what belongs to it for the repository in this folder',
    rows.map(([left, right]) => `${left!.padEnd(width)}  ${right}`).join('\n'),
    'What can be seen needs no answer. Nothing is overwritten; the differences are shown first.',
  ].join('\n\n');
}
