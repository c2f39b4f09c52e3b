import { relative, resolve } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { display } from '../display.ts';
import { FailedError } from '../errors.ts';
import { writeWhole } from '../files.ts';
import type { Stack } from '../stack/stack.ts';
import type { StackRun } from '../task.ts';
import { CanonicalDump, COMPLETE } from './canonical.ts';

/** As the makefile had it: owners and privileges differ between environments on purpose. */
const PG_DUMP_ARGUMENTS = ['--schema-only', '--no-owner', '--no-acl'];

/**
 * `db-dump-schema-env`: writes the schema to OUT, whole or not at all; `-` is standard output.
 *
 * @throws FailedError when pg_dump fails or its text is cut; OUT is then as it was
 */
export async function dumpSchema(run: StackRun): Promise<void> {
  const { stack, environment, terminal, actor, values, command } = run;
  const out = (values['OUT'] as string | undefined) ?? defaultFile(environment.name);
  const raw = values['RAW'] === true;
  if (out === '-') return writeDump(stack, raw, process.stdout);

  const plan = `pg_dump ${PG_DUMP_ARGUMENTS.join(' ')} ${stack.database.name} > ${out}`;
  await actor.act(plan, () => writeWhole(resolve(out), 0o644, (file) => writeDump(stack, raw, file)));
  if (actor.dryRun) return;
  terminal.ok(
    `the schema of ${stack.database.name} (${environment.name}) is in ${relative('', resolve(out))}`,
  );
  // Compared with what everybody has at hand; that itself, with the first other one.
  const names = [run.registry.default, ...Object.keys(run.registry.environments)];
  const other = names.find((name) => name !== environment.name);
  if (other !== undefined) {
    terminal.next(command(run.task.name, { ENV: other }));
    terminal.next(display({ file: 'diff', args: ['-u', defaultFile(other), relative('', resolve(out))] }));
  }
}

const defaultFile = (environment: string): string => `backups/schema_${environment}.sql`;

async function writeDump(stack: Stack, raw: boolean, output: Writable): Promise<void> {
  const text = raw ? new PassThrough() : new CanonicalDump();
  const written = pipeline(text, output, { end: output !== process.stdout });
  const [{ status, stderr }] = await Promise.all([stack.dump(PG_DUMP_ARGUMENTS, text), written]);
  if (status !== 0) throw new FailedError(`pg_dump failed (status ${status}): ${stderr.trim()}`);
  if (text instanceof CanonicalDump && !text.complete) {
    throw new FailedError(`pg_dump's text is cut: "${COMPLETE}" is missing`);
  }
}
