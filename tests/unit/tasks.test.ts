import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import registry from '../../env/environments.ts';
import { canonicalise } from '../../lib/environment/canonicalise.ts';
import { readParameters } from '../../lib/parameters/read.ts';
import type { Task } from '../../lib/run/run.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { taskNames } from '../../lib/repository/task-files.ts';

const ROOT = join(import.meta.dirname, '../..');
const DESTRUCTIVE = [
  ...['al-down-env', 'al-stamp-env', 'db-reset-db-env', 'db-reset-volume-env', 'db-rebuild-env'],
  ...['db-undo-env', 'db-drop-old-env', 'restore-from-dump', 'restore-from-sql', 'db-apply-env'],
  ...['db-load-env', 'db-drop-save-env', 'db-drop-wall-env'],
];
/** What fingers remember: none of them may go. */
const TARGETS = [
  ...['up', 'down', 'restart', 'rebuild', 'ps', 'logs', 'health', 'config', 'check'],
  ...['db-reset-volume-env', 'db-reset-db-env', 'db-bootstrap-roles-env', 'db-dump-schema-env', 'backup'],
  ...['restore-from-dump', 'restore-from-sql'],
  ...['al-up', 'al-down', 'al-cur', 'al-hist', 'al-heads', 'al-stamp', 'al-rev', 'al-rev-auto'],
  ...['al-up-env', 'al-down-env', 'al-cur-env', 'al-hist-env', 'al-heads-env', 'al-stamp-env'],
  ...[
    'db-mark-env',
    'journal',
    'help',
    'test',
    'psql',
    'app-shell',
    'db-seed-env',
    'db-apply-env',
    'al-merge',
  ],
];
const tasks = new Map((await loadTasks()).map((task) => [task.name, task]));

test('one file a target, and none is missing', () => {
  expect(taskNames()).toEqual(expect.arrayContaining(TARGETS));
  expect([...tasks.keys()]).toEqual(taskNames());
});

/** The words of an example, as a shell would split it. */
const words = (line: string): string[] =>
  (line.match(/(?:"[^"]*"|[^\s"])+/g) ?? []).map((word) => word.replaceAll('"', ''));

describe.each([...tasks])('%s', (name: string, { definition, parameters }: Task) => {
  const source = readFileSync(join(ROOT, 'tasks', `${name}.ts`), 'utf8');

  test('a summary of one line', () => {
    expect(definition.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(definition.summary.length).toBeLessThanOrEqual(90);
  });

  test('examples of itself that it would take', () => {
    expect(definition.examples.length).toBeGreaterThan(0);
    for (const example of definition.examples) {
      const [make, target, ...argv] = words(example);
      expect(make).toBe('make');
      expect(target ?? 'help').toBe(name);
      const { values } = readParameters(parameters, { argv, env: {}, make: undefined });
      const ENV = (values as Record<string, unknown>)['ENV'] as string | undefined;
      if (ENV !== undefined) expect(canonicalise(ENV, registry)).toEqual({ name: ENV });
    }
  });

  test('no logic: imports and one declaration, whose work is a function of lib', () => {
    const statements = source
      .split('\n')
      .filter((line) => /^\S/.test(line))
      .filter((line) => !line.startsWith('import '));
    expect(statements).toEqual(['export default defineTask(import.meta.url, {', '});']);
    expect(source).toMatch(
      /\n {2}run: async \(run\) => \(await import\('\.\.\/lib\/[\w/-]+\.ts'\)\)\.\w+\(run(, (true|false))?\),\n\}\);\n$/,
    );
    const code = source.replaceAll(/'[^']*'|"[^"]*"/g, "''");
    expect(code).not.toMatch(/\b(if|for|while|function|let|const|process)\b|[`?]/);
    expect(source.split('\n').length).toBeLessThanOrEqual(25);
  });

  test('the work is in a file of its name; a short form and its long one share it', () => {
    const files = [...source.matchAll(/import\('\.\.\/lib\/([\w/-]+)\.ts'\)/g)].map(([, file]) =>
      file!.split('/'),
    );
    const migrates = definition.environment === 'any' && definition.migrates;
    const before = [
      definition.destructive?.preflight,
      definition.destructive?.foresee,
      migrates && migrates.pending,
      migrates && migrates.foresee,
    ];
    expect(files.length).toBe(1 + before.filter(Boolean).length);
    const own = name.replace(/-env$/, '');
    for (const file of files)
      expect([file.at(-1), file.slice(-2).join('/')]).toContain(
        own === file.at(-1) ? own : `${own}/preflight`,
      );
  });

  test('parameters that say what they are', () => {
    for (const [variable, parameter] of Object.entries(parameters)) {
      expect(variable).toMatch(/^[A-Z][A-Z0-9_]*$/);
      expect(parameter.summary).toMatch(/^\S.*[^.\s]$/);
      // A default that its own rule refuses would only show when somebody relies on it.
      if (parameter.default !== undefined) expect(() => parameter.parse(parameter.default!)).not.toThrow();
    }
    const names = Object.keys(parameters);
    if (definition.environment === 'none') expect(names).not.toContain('ENV');
    else if (definition.environment === 'name only') expect(names).toContain('ENV');
    else expect(names).toEqual(expect.arrayContaining(['ENV', 'PG_SERVICE', 'DRY_RUN']));
  });

  test('what destroys takes nothing from the shell', () => {
    const isDestructive = DESTRUCTIVE.includes(name);
    expect(definition.destructive !== undefined).toBe(isDestructive);
    expect(definition.environment === 'typed').toBe(isDestructive);
    if (!isDestructive) {
      expect(Object.keys(parameters)).not.toEqual(expect.arrayContaining(['FORCE']));
      return;
    }
    expect(parameters['ENV']).toMatchObject({ commandLineOnly: true, required: true });
    expect(parameters['ENV']!.default).toBeUndefined();
    expect(parameters['FORCE']).toMatchObject({ commandLineOnly: true, flag: true, default: '0' });
    expect(parameters['WAIT']).toMatchObject({
      commandLineOnly: true,
      default: definition.destructive!.countdown === 'always' ? '5' : '0',
    });
    expect(parameters['BACKUP']).toMatchObject({ commandLineOnly: true, default: 'first' });
    expect(parameters['BACKUP_MAX_AGE']).toMatchObject({ commandLineOnly: true, default: '1h' });
    // But for DRY_RUN, which makes it harmless.
    const fromShell = Object.keys(parameters).filter((variable) => !parameters[variable]!.commandLineOnly);
    expect(fromShell).toEqual(['DRY_RUN']);
    const exported = {
      ENV: 'vm_prod',
      FORCE: '1',
      WAIT: '0',
      REV: 'base',
      PG_SERVICE: 'other',
      BACKUP: 'skip',
    };
    const required = Object.keys(parameters).filter((variable) => parameters[variable]!.required);
    const typed = ['ENV=vm_stg', ...required.flatMap((one) => (one === 'ENV' ? [] : [`${one}=head`]))];
    const { values } = readParameters(parameters, { argv: typed, env: exported, make: undefined });
    expect(values).toMatchObject({ ENV: 'vm_stg', FORCE: false, BACKUP: 'first' });
    for (const value of ['base', 'other']) expect(Object.values(values)).not.toContain(value);
    expect(() =>
      readParameters(parameters, { argv: typed.slice(1), env: exported, make: undefined }),
    ).toThrow('ENV=vm_prod is exported in your shell');
  });
});

test('the short forms name their long ones', () => {
  for (const [name, { definition }] of tasks) {
    if (definition.environment !== 'default only') continue;
    const long = definition.longForm;
    // Revision files are made on a developer's machine only.
    expect(long).toBe(/^al-(rev|merge)/.test(name) ? undefined : `${name}-env`);
    if (long === undefined) continue;
    expect(tasks.get(long)!.definition.summary).toBe(definition.summary.replace(' (local_dev)', ''));
    expect(Object.keys(tasks.get(long)!.parameters)).toEqual(
      expect.arrayContaining(Object.keys(tasks.get(name)!.parameters)),
    );
  }
});

test.each(readdirSync(join(ROOT, 'tests/e2e')))(
  'tests/e2e/%s is skipped where there is no engine',
  (file) => {
    const suites =
      readFileSync(join(ROOT, 'tests/e2e', file), 'utf8').match(/^(?:describe|test)\b.*$/gm) ?? [];
    expect(suites).not.toEqual([]);
    for (const suite of suites) expect(suite).toContain(`.skipIf(inject('noEngine') !== ''`);
  },
);

describe('lib', () => {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );

  test.each(files)('%s can be read in a minute or two', (file) => {
    const lines = readFileSync(join(ROOT, 'lib', file), 'utf8')
      .trimEnd()
      .split('\n').length;
    expect(lines).toBeLessThanOrEqual(230);
  });

  test.each(files.filter((file) => file !== 'index.ts'))('%s imports no task', (file) => {
    expect(readFileSync(join(ROOT, 'lib', file), 'utf8')).not.toMatch(/from '(\.\.\/)+tasks\//);
  });

  test.each(files.filter((file) => /^(stack|database|schema|environment)\//.test(file)))(
    '%s knows of no guard',
    (file) => {
      expect(readFileSync(join(ROOT, 'lib', file), 'utf8')).not.toMatch(/from '.*guard\//);
    },
  );
});
