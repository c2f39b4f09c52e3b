import { join } from 'node:path';
import { checkRegistry, REGISTRY_FILE } from '../environment/registry.ts';
import { CancelledError, ConfigurationError, UsageError } from '../errors.ts';
import { writeWhole } from '../files.ts';
import { flag, readParameters, text, type Parameter } from '../params.ts';
import { taskNames } from '../tasks.ts';
import type { Terminal } from '../terminal.ts';
import { Asker } from './ask.ts';
import { append, create, describeChange, lookAtChange, missingLines, type Change } from './changes.ts';
import { includeBlock, includesUs, MAKEFILE, targetsOf } from './makefile.ts';
import { makePlan, type Plan } from './plan.ts';
import { findMakefile, isPresent } from './project.ts';
import { registryText } from './registry-text.ts';

const list = (summary: string): Parameter<string[]> => ({
  summary,
  placeholder: '<name>,<name>',
  parse: (given) => given.split(/[\s,]+/).filter(Boolean),
});

const PARAMETERS = {
  ENVIRONMENTS: list('the environments, instead of those that the compose files are called after'),
  PROTECTED: list('those whose data must outlive mistakes, instead of those called prod or live'),
  PG_SERVICE: text('the compose service that runs PostgreSQL', { placeholder: '<service>' }),
  APPLICATION_SERVICE: text('the compose service that has alembic', { placeholder: '<service>' }),
  ALEMBIC_INI: text('alembic.ini as that service sees it', { placeholder: '<file>' }),
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

/** `npx makesafe init`: writes down what a repository has, for makesafe. What is there stays as it is. */
export async function init(terminal: Terminal): Promise<void> {
  const root = process.cwd();
  const source = { argv: process.argv.slice(3), env: {}, make: undefined };
  const { values, help } = readParameters(PARAMETERS, source);
  if (help) return terminal.result(usage());
  if (isPresent(root, REGISTRY_FILE)) {
    throw new ConfigurationError(`${REGISTRY_FILE} exists, and is left as it is`, {
      hint: 'npx makesafe help',
    });
  }
  const asker = new Asker(values, terminal);
  const plan = await makePlan(root, values, asker);
  const problems = checkRegistry(plan.registry);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));

  const { changes, help: helpLine } = await allChanges(root, plan, values.PREFIX, terminal);
  for (const change of changes) terminal.result(`${describeChange(change, terminal)}\n`);
  plan.remarks.forEach(terminal.warn);
  if (values.DRY_RUN) return terminal.info('nothing was written (DRY_RUN=1)');
  if (!(await asker.confirm('Write this?'))) throw new CancelledError('nothing was written');
  // All are looked at before the first is written, and are still what was shown.
  const overs = changes.map((change) => lookAtChange(root, change));
  for (const [at, { path, after }] of changes.entries()) {
    await writeWhole(join(root, path), 0o644, (output) => void output.write(after), overs[at]);
  }
  terminal.ok(`written: ${changes.map(({ path }) => path).join(', ')}`);
  if (!isPresent(root, 'node_modules/makesafe')) terminal.next('npm install --save-dev makesafe');
  terminal.next(`npx makesafe check ENV=${plan.registry.default}`);
  terminal.next(helpLine);
}

async function allChanges(
  root: string,
  { registry, secrets }: Plan,
  prefix: string,
  terminal: Terminal,
): Promise<{ changes: Change[]; help: string }> {
  const makefile = findMakefile(root);
  const ours = taskNames().map((name) => `${prefix}${name}`);
  const theirs = new Set(makefile === undefined ? [] : await targetsOf(root, makefile));
  const clashes = ours.filter((name) => theirs.has(name));
  if (clashes.length > 0) {
    terminal.warn(`${makefile} has targets of the same name, which stay its own: ${clashes.join(', ')}`);
    terminal.next(`ours are then: npx makesafe ${clashes[0]!.slice(prefix.length)}`);
    terminal.next('all of ours get a prefix with: npx makesafe init PREFIX=ms-');
  }
  const except = clashes.map((name) => name.slice(prefix.length));
  const template = `# Copy it for each environment, readable by you only, and fill it in.\n${secrets.map((name) => `${name}=\n`).join('')}`;
  const ignored = [
    ...['/backups/', '/journal/', '/.embedded/', '/node_modules/'],
    ...(secrets.length > 0 ? ['/secrets/*', `!/${TEMPLATE}`] : []),
  ];
  return {
    help: except.includes('help') ? 'npx makesafe help' : `make ${prefix}help`,
    changes: [
      ...create(root, REGISTRY_FILE, registryText(registry)),
      ...(secrets.length > 0 ? create(root, TEMPLATE, template) : []),
      ...append(root, '.gitignore', missingLines(root, '.gitignore', ignored), () => false),
      ...(makefile === undefined
        ? create(root, 'makefile', withPrefix(prefix))
        : append(root, makefile, includeBlock(prefix, except), includesUs)),
    ],
  };
}

const withPrefix = (prefix: string): string =>
  prefix === ''
    ? MAKEFILE
    : MAKEFILE.replace('\ninclude ', `\nMAKESAFE_PREFIX := ${prefix}\ninclude `).replace(
        ':= help',
        `:= ${prefix}help`,
      );

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
