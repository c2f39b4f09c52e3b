import { FailedError, IncomparableError, ConfigurationError } from '../errors.ts';
import { REGISTRY_FILE } from '../environment/registry.ts';
import type { PgDump } from '../stack/stack.ts';
import type { StackRun } from '../task.ts';
import { openBase, type Base } from './base.ts';
import { compare } from './compare.ts';
import type { Comparison } from './comparison.ts';
import { readFileSide, type FileSide } from './read-file.ts';
import { readDatabase, type Scope, type Source } from './read.ts';
import { loadParser } from './syntax.ts';

/**
 * `db-diff-schema-env`: whether two environments have the same schema.
 *
 * @throws FailedError when they differ
 * @throws IncomparableError when nobody can say
 */
export async function diffSchema(run: StackRun): Promise<void> {
  const base = await openBase(run, (run.values['BASE'] as string | undefined) ?? run.registry.default);
  const comparison = await compareWith(run, base);
  const { reportComparison } = await import('./report/report.ts');
  const hint = await reportComparison(comparison, run);
  const details = hint === undefined ? {} : { hint };
  const [one, other] = [comparison.base.label, comparison.compared.label];
  if (comparison.verdict === 'incomplete') {
    throw new IncomparableError(`${other} and ${one} could not be compared in full`, details);
  }
  if (comparison.verdict === 'different') {
    const { length } = comparison.differences;
    throw new FailedError(
      `${other} differs from ${one}: ${length} difference${length === 1 ? '' : 's'}`,
      details,
    );
  }
}

/**
 * Compares the run's environment, or a dump of it (DUMP), with BASE; takes PRIVILEGES of the run into account.
 *
 * @throws IncomparableError when a side cannot be read
 * @throws ConfigurationError when a pattern of the registry's `ignore` accepts nothing any more
 */
export async function compareWith(run: StackRun, base: Base): Promise<Comparison> {
  const dump = run.values['DUMP'] as string | undefined;
  await loadParser();
  const files = {
    base: 'file' in base ? readFileSide(base.file) : undefined,
    compared: dump === undefined ? undefined : readFileSide(dump, run.environment.entry.roles),
  };
  const environments = {
    base: 'environment' in base ? base.environment : undefined,
    compared: dump === undefined ? run : undefined,
  };
  const sources = [files.base?.source, files.compared?.source];
  const scope: Scope = {
    catalog: !files.base && !files.compared,
    privileges: run.values['PRIVILEGES'] !== false,
    plain: sources.includes('plain dump'),
  };
  const by = await choosePgDump([environments.base, environments.compared], files.base ?? files.compared);
  const read = (environment: StackRun | undefined, file: FileSide | undefined) =>
    environment ? readDatabase(sourceOf(environment, by), scope) : file!.side(scope);
  // pg_dump and the server take turns in waiting for each other: two at a time keep two cores busy.
  const [one, other] = await Promise.all([
    read(environments.base, files.base),
    read(environments.compared, files.compared),
  ]);
  const [majorOfBase, major] = [one, other].map(({ summary }) => majorOf(summary.pgDumpVersion));
  if (major !== majorOfBase && major !== undefined && majorOfBase !== undefined) {
    throw new IncomparableError(
      `${one.summary.label} was dumped by pg_dump ${majorOfBase} and ${other.summary.label} by pg_dump ${major}`,
      { hint: 'dump both with one major version, or compare the environments themselves' },
    );
  }
  const comparison = compare(one, other, {
    ignore: run.registry.ignore ?? [],
    privileges: scope.catalog && scope.privileges ? 'compared' : 'left out',
    limits: [files.base, files.compared].flatMap((file) => file?.limits ?? []),
  });
  const idle = comparison.ignored.filter(({ count }) => count === 0).map(({ pattern }) => pattern);
  if (idle.length > 0 && comparison.verdict !== 'incomplete') {
    throw new ConfigurationError(
      `${REGISTRY_FILE}: ignore has what no difference matches any more: ${idle.join(', ')}`,
      { hint: `take ${idle.length === 1 ? 'it' : 'them'} out` },
    );
  }
  return comparison;
}

function sourceOf({ environment, stack }: StackRun, by: PgDump): Source {
  return {
    label: environment.name,
    roles: environment.entry.roles ?? {},
    withClient: (work) => stack.withClient(stack.database.name, work),
    dump: (args, output) => stack.dump(args, output, by),
  };
}

/**
 * Both sides are read by one major version of pg_dump: each server's own where they are the same, else the bundled one.
 * Output of two versions differs for one schema.
 */
async function choosePgDump(
  runs: readonly (StackRun | undefined)[],
  file: FileSide | undefined,
): Promise<PgDump> {
  const stacks = runs.flatMap((run) => (run ? [run.stack] : []));
  if (stacks.some(({ pgDump }) => pgDump === 'bundled')) return 'bundled';
  const majors = await Promise.all(
    stacks.map((stack) =>
      stack.withClient(stack.database.name, async (client) => {
        const { rows } = await client.query<{ server_version: string }>('SHOW server_version');
        return majorOf(rows[0]!.server_version);
      }),
    ),
  );
  const all = new Set([...majors, ...(file ? [majorOf(file.pgDumpVersion) ?? majors[0]] : [])]);
  return all.size === 1 ? 'own' : 'bundled';
}

const majorOf = (version: string | undefined): string | undefined => version?.match(/^\d+/)?.[0];
