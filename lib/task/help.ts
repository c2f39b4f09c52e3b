import { pad, widest } from '../output/columns.ts';
import type { Parameter } from '../parameters/parameter.ts';
import type { Group, Run, Task } from '../run/run.ts';
import type { EnvironmentEntry, Registry } from '../environment/entry.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine } from './command-line.ts';
import { UsageError } from '../errors.ts';
import { spellingOf } from '../repository/their-makefile.ts';
import type { MakeInvocation } from '../system/make.ts';
import { nearest } from '../output/suggest.ts';
import { loadTasks } from './find-tasks.ts';
import { taskNames } from '../repository/task-files.ts';
import type { Giving } from '../parameters/parameter.ts';

const GROUPS: Record<Group, string> = {
  stack: 'Stack',
  database: 'Database',
  schema: 'Schema',
  migrations: 'Migrations (Alembic)',
  project: 'Project',
};

/**
 * `make`, `make help` and `make help TASK=up`. Also answers a target that does not exist.
 *
 * @throws UsageError naming the most similar task
 */
export async function help({
  root,
  values,
  make,
  registry,
  terminal,
}: Run<Giving<{ TASK: string | undefined }>>): Promise<void> {
  const known = new Set(taskNames(root));
  // Another goal next to `help` counts as its TASK: make does not run it.
  const otherGoals = make?.goals.filter((goal) => goal !== 'help') ?? [];
  const wanted = [values.TASK, ...otherGoals].filter((name) => name !== undefined);
  const unknown = wanted.find((name) => !known.has(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    throw new UsageError(`there is no task ${unknown}`, {
      hint: near === undefined ? 'make help' : `did you mean: make ${near}`,
    });
  }
  const elsewhere = theirs(root, make);
  const notOurs = otherGoals.find((name) => elsewhere.has(name));
  if (notOurs !== undefined) {
    throw new UsageError(
      `${notOurs} is a target of your own makefile, which make would run: nothing was run`,
      {
        hint: commandLine(undefined, root, 'help', { TASK: notOurs }),
      },
    );
  }
  const tasks = await loadTasks(root);
  const shown = tasks.filter(({ name }) => wanted.includes(name));
  terminal.screen(
    shown.map((task) => renderTask(task, registry)).join('\n\n\n') ||
      renderOverview(tasks, registry, usage(root, make), elsewhere),
  );
}

/** Tasks whose name is another target for make, each with the command line that runs makesafe's task. */
function theirs(root: string, make: MakeInvocation | undefined): ReadonlyMap<string, string> {
  const { except = [] } = make ?? spellingOf(root) ?? {};
  return new Map(except.map((name) => [name, commandLine(undefined, root, name, {})]));
}

function usage(root: string, make: MakeInvocation | undefined): string {
  const isConsumer = !existsSync(join(root, 'tasks', 'help.ts'));
  const script = isConsumer ? 'npx makesafe <task>' : USAGE_OF_SCRIPT;
  return `make ${make?.prefix ?? ''}<task> [NAME=value …]      or: ${script} [NAME=value …]`;
}

const USAGE_OF_SCRIPT = 'npx tsx tasks/<task>.ts';

/**
 * Summaries and examples use environments of makesafe's own registry. Replaces them by the team's: the protected one,
 * the default one, and another one.
 */
export function inRegistry(text: string, { environments, default: usual }: Registry): string {
  const names = Object.keys(environments);
  const [guarded] = names.filter((name) => environments[name]!.protected);
  const other = names.find((name) => name !== usual && !environments[name]!.protected);
  const meant: Record<string, string | undefined> = { vm_prod: guarded, local_dev: usual, vm_stg: other };
  return text.replaceAll(/\b(local_dev|vm_stg|vm_prod)\b/g, (name) =>
    Object.hasOwn(environments, name) ? name : (meant[name] ?? usual),
  );
}

/** All tasks by group, one per line, and the environments. */
export function renderOverview(
  tasks: readonly Task[],
  registry: Registry,
  how = `make <task> [NAME=value …]      or: ${USAGE_OF_SCRIPT} [NAME=value …]`,
  elsewhere: ReadonlyMap<string, string> = new Map(),
): string {
  const width = widest([...tasks.map(({ name }) => name), ...Object.keys(registry.environments)]);
  const groups = (Object.keys(GROUPS) as Group[]).map((group) =>
    [
      GROUPS[group],
      ...tasks
        .filter(({ definition }) => definition.group === group)
        .map(({ name, definition }) => {
          const mark = definition.destructive ? '⚠' : ' ';
          const summary = inRegistry(definition.summary, registry);
          const line = elsewhere.get(name);
          // With `make`, this name is a target of the team.
          return `  ${mark} ${pad(name, width)}  ${line === undefined ? summary : `only as ${line}: ${summary}`}`;
        }),
    ].join('\n'),
  );
  const environments = Object.entries(registry.environments).map(
    ([name, entry]) => `    ${pad(name, width)}  ${describe(name, entry, registry)}`,
  );
  return [
    how,
    ...groups,
    ['Environments (ENV=…)', ...environments].join('\n'),
    '⚠ destroys data: ENV must be typed; a protected environment wants FORCE=1\n' +
      'make help TASK=<task> shows parameters and examples; DRY_RUN=1 shows what a task would do',
  ].join('\n\n');
}

function describe(name: string, entry: EnvironmentEntry, registry: Registry): string {
  const words = [
    ...(name === registry.default ? ['default, except for ⚠'] : []),
    ...(entry.protected ? ['protected'] : []),
    ...(entry.aliases?.length ? [`formerly ${entry.aliases.join(', ')}`] : []),
  ];
  return words.join('; ');
}

/** One task: its summary, parameters with defaults, and examples. */
export function renderTask({ name, definition, parameters }: Task, registry: Registry): string {
  const rows = Object.entries(parameters).map(([variable, parameter]) => [
    `${variable}=${parameter.placeholder}`,
    `${parameter.summary}${remarks(variable, parameter, registry)}`,
  ]);
  const width = widest(rows.map(([left]) => left!));
  return [
    `${name}: ${inRegistry(definition.summary, registry)}${definition.destructive ? '\n⚠ It destroys data, and runs only behind the guard.' : ''}`,
    ...(rows.length === 0
      ? []
      : [
          ['Parameters', ...rows.map(([left, right]) => `  ${pad(left!, width)}  ${right}`)].join('\n'),
          'NAME=value behind make or the script, or --name value behind the script. What is not marked "typed" may also\n' +
            'be exported in the shell; the command line wins.',
        ]),
    ['Examples', ...definition.examples.map((line) => `  ${inRegistry(line, registry)}`)].join('\n'),
    'Status: 0 done · 1 failed · 64 usage · 69 engine or database unreachable · 77 refused · 78 configuration · 130 cancelled',
  ].join('\n\n');
}

function remarks(variable: string, parameter: Parameter, registry: Registry): string {
  const fallback = variable === 'ENV' ? registry.default : (parameter.defaultNote ?? parameter.default);
  const notes = [
    ...(parameter.required ? ['must be given'] : fallback === undefined ? [] : [`default: ${fallback}`]),
    ...(parameter.commandLineOnly ? ['typed'] : []),
  ];
  return notes.length === 0 ? '' : ` (${notes.join('; ')})`;
}
