import { asIncomparable, ConfigurationError, IncomparableError } from '../../errors.ts';
import { REGISTRY_FILE } from '../../environment/registry.ts';
import type { PgDump, Stack } from '../../stack/stack.ts';
import type { StackRun } from '../../run/run.ts';
import type { Base } from './base.ts';
import { limitsOf, ofRevisions, readMigrated } from '../migrated/migrated.ts';
import { compare } from './compare.ts';
import type { Comparison } from './comparison.ts';
import type { SideSummary } from '../read/side-summary.ts';
import { readFileSide, type FileSide } from '../read/read-file.ts';
import { readDatabase, type Scope, type Side, type Source } from '../read/read.ts';
import { loadParser } from '../../sql/syntax.ts';

/** A comparison whose sides need not exist at the same time. */
export interface Comparing {
  /** Reads the side of BASE early, before the other side exists. */
  readonly readBase: () => Promise<void>;
  readonly compare: () => Promise<Comparison>;
}

/**
 * Prepares a comparison of the run's environment, or of a dump of it, with BASE.
 *
 * @param options.dump a file to read instead of the environment
 * @param options.privileges whether to compare owners, privileges and roles
 *
 * @throws IncomparableError if a side cannot be read
 * @throws ConfigurationError if a pattern of the registry's `ignore` accepts nothing any more
 */
export async function comparing(
  run: StackRun,
  base: Base,
  { dump, privileges }: { readonly dump?: string | undefined; readonly privileges: boolean },
): Promise<Comparing> {
  const files = {
    base: 'file' in base ? await readFileSide(base.file) : undefined,
    compared: dump === undefined ? undefined : await readFileSide(dump, run.environment.entry.roles),
  };
  const environments = {
    base: 'environment' in base ? base.environment : undefined,
    compared: dump === undefined ? run : undefined,
  };
  const scope: Scope = {
    catalog: !files.base && !files.compared,
    privileges,
    plain: [files.base?.source, files.compared?.source].includes('plain dump'),
  };
  const ofMigrations = 'migrations' in base;
  const stacks = [environments.base, environments.compared].flatMap((side) => (side ? [side.stack] : []));
  const read = async (side: keyof typeof environments, by: PgDump): Promise<Side> => {
    await loadParser();
    if (side === 'base' && ofMigrations) return readMigrated(run, scope, base.at);
    const environment = environments[side];
    if (!environment) return files[side]!.side(scope);
    return readDatabase(sourceOf(environment, by), scope).catch((error: unknown) => {
      throw asIncomparable(error, `${environment.environment.name} cannot be read`);
    });
  };
  let early: { readonly by: PgDump; readonly side: Promise<Side | undefined> } | undefined;

  return {
    async readBase() {
      const isBundled = ofMigrations || stacks.some(({ pgDump }) => pgDump === 'bundled');
      const by = isBundled ? 'bundled' : 'own';
      // Ignore a failure here: `compare` then reads this side again.
      early = { by, side: read('base', by).catch(() => undefined) };
      await early.side;
    },

    async compare() {
      const by = ofMigrations ? 'bundled' : await choosePgDump(stacks, files.base ?? files.compared);
      const begun = early?.by === by ? early.side : undefined;
      // pg_dump and its server mostly wait for each other. Reading both sides at once keeps two cores busy.
      const [one, other] = await Promise.all([
        Promise.resolve(begun).then((side) => side ?? read('base', by)),
        read('compared', by),
      ]);
      mustBeComparable(one.summary, other.summary);
      const sides = ofMigrations
        ? ([ofRevisions(one), ofRevisions(other)] as const)
        : ([one, other] as const);
      const comparison = compare(...sides, {
        ignore: run.registry.ignore ?? [],
        privileges: scope.catalog && scope.privileges ? 'compared' : 'left out',
        limits: [
          ...[files.base, files.compared].flatMap((file) => file?.limits ?? []),
          ...(ofMigrations ? limitsOf(one.summary, other.summary) : []),
        ],
      });
      mustNotIdle(comparison);
      return comparison;
    },
  };
}

function mustBeComparable(one: SideSummary, other: SideSummary): void {
  const [majorOfBase, major] = [one, other].map(({ pgDumpVersion }) => majorOf(pgDumpVersion));
  if (major === majorOfBase || major === undefined || majorOfBase === undefined) return;
  throw new IncomparableError(
    `${one.label} was dumped by pg_dump ${majorOfBase} and ${other.label} by pg_dump ${major}`,
    { hint: 'dump both with one major version, or compare the environments themselves' },
  );
}

/** @throws ConfigurationError for patterns of `ignore` that accept nothing */
function mustNotIdle({ ignored, verdict }: Comparison): void {
  const idle = ignored.filter(({ count }) => count === 0).map(({ pattern }) => pattern);
  if (idle.length === 0 || verdict === 'incomplete') return;
  throw new ConfigurationError(
    `${REGISTRY_FILE}: ignore has what no difference matches any more: ${idle.join(', ')}`,
    { hint: `take ${idle.length === 1 ? 'it' : 'them'} out` },
  );
}

/** The database of a run, as a side of a comparison. */
export function sourceOf(
  { environment, stack }: Pick<StackRun, 'environment' | 'stack'>,
  by: PgDump,
): Source {
  return {
    label: environment.name,
    roles: environment.entry.roles ?? {},
    withClient: (work) => stack.withClient(stack.database.name, work),
    dump: (args, output, settings) => stack.dump(args, output, { pgDump: by, settings }),
  };
}

/**
 * Chooses pg_dump: the one of each server if both have the same major version, else the bundled one. Two major versions
 * print the same schema differently.
 */
async function choosePgDump(stacks: readonly Stack[], file: FileSide | undefined): Promise<PgDump> {
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
