import { relative } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FailedError } from '../errors.ts';
import { writeWhole } from '../system/files.ts';
import type { Stack } from '../stack/stack.ts';
import type { StackRun } from '../run/run.ts';
import { lookAtDestination } from '../system/destination.ts';
import { CanonicalDump, COMPLETE } from './canonical/canonical.ts';
import { SCHEMA_DUMP } from './report/ours.ts';
import type { Giving } from '../parameters/parameter.ts';
import { dumpFailed } from '../stack/pg-dump/dump-failed.ts';

const PG_DUMP_ARGUMENTS = {
  /** Without owners and privileges, which differ between environments on purpose. */
  plain: ['--schema-only', '--no-owner', '--no-acl'],
  /** Everything, for pg_restore and for comparing. */
  custom: ['--schema-only', '--format=custom'],
};
type Format = keyof typeof PG_DUMP_ARGUMENTS;

/**
 * `db-dump-schema-env`: writes the schema to OUT, completely or not at all; `-` is standard output.
 *
 * @throws FailedError if pg_dump fails or its output is incomplete; OUT stays as it was
 * @throws RefusedError if OUT is an existing file that is not a schema dump
 */
export async function dumpSchema(
  run: StackRun<Giving<{ FORMAT: Format; OUT: string | undefined; RAW: boolean }>>,
): Promise<void> {
  const { stack, environment, terminal, actor, values, command } = run;
  const { FORMAT: format } = values;
  const out = values.OUT ?? defaultFile(environment.name, format);
  const asIs = format === 'custom' || values.RAW;
  const dump = (output: Writable): Promise<void> => writeDump(stack, format, asIs, output);
  if (out === '-') return dump(process.stdout);

  const { path, over } = await lookAtDestination(
    out,
    'OUT',
    SCHEMA_DUMP,
    defaultFile(environment.name, format),
    run.root,
  );
  const plan = `pg_dump ${PG_DUMP_ARGUMENTS[format].join(' ')} ${stack.database.name} > ${out}`;
  // Unmasked text may have secrets: connection strings of subscriptions, options of user mappings.
  await actor.act(plan, () => writeWhole(path, asIs ? 0o600 : 0o644, dump, over));
  if (actor.dryRun) return;
  terminal.ok(`the schema of ${stack.database.name} (${environment.name}) is in ${relative('', path)}`);
  // Suggest a comparison with the default environment; for that one itself, with another.
  const names = [run.registry.default, ...Object.keys(run.registry.environments)];
  const other = names.find((name) => name !== environment.name);
  if (other !== undefined) {
    terminal.next(command('db-diff-schema-env', { ENV: other, BASE: relative('', path) }));
  }
}

const defaultFile = (environment: string, format: Format): string =>
  `backups/schema_${environment}.${format === 'custom' ? 'dump' : 'sql'}`;

async function writeDump(stack: Stack, format: Format, asIs: boolean, output: Writable): Promise<void> {
  const text = asIs ? new PassThrough() : new CanonicalDump();
  const written = pipeline(text, output, { end: output !== process.stdout });
  const [{ status, stderr }] = await Promise.all([stack.dump(PG_DUMP_ARGUMENTS[format], text), written]);
  if (status !== 0) throw dumpFailed({ status, stderr });
  if (text instanceof CanonicalDump && !text.complete) {
    throw new FailedError(`pg_dump's text is cut: "${COMPLETE}" is missing`);
  }
}
