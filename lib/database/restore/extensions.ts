import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Made } from './filling.ts';
import type { Cage } from '../replace/cage.ts';
import { allowLine, isAllowed, type ConsentRun } from './consents.ts';
import { runErrands } from './errands.ts';

/**
 * Refuses extensions that only a superuser may create, because they can reach anything (dblink, file_fdw, plpython3u).
 * Those that the database already has are allowed.
 *
 * @throws RefusedError with the extensions, unless ALLOW contains `extensions` or `uncaged`
 */
export async function checkExtensions(
  run: ConsentRun,
  client: Client,
  { name, errands }: Dump,
): Promise<void> {
  if (isAllowed(run, 'extensions') || isAllowed(run, 'uncaged')) return;
  const strange = await untrusted(client, errands);
  if (strange.length === 0) return;
  const there = await run.stack
    .withClient(run.stack.database.name, (live) =>
      live.query<{ name: string }>('SELECT extname AS name FROM pg_catalog.pg_extension'),
    )
    .then(({ rows }) => new Set(rows.map((row) => row.name)))
    .catch(() => new Set<string>());
  const unknown = strange.filter((one) => !there.has(one.name));
  if (unknown.length === 0) return;
  throw new RefusedError(
    `${name} makes extensions that only a superuser may make, and that the database does not have:\n${unknown
      .map((one) => `- ${one.name} (${one.place})`)
      .join('\n')}`,
    { hint: `if that is meant: ${allowLine(run, 'extensions')}` },
  );
}

/** The extensions of a file that its own role may not create. */
async function untrusted(
  client: Client,
  errands: Dump['errands'],
): Promise<{ name: string; place: string }[]> {
  const named = errands.flatMap(({ place, errand }) =>
    errand.kind === 'extension' ? [{ name: errand.name, place }] : [],
  );
  if (named.length === 0) return [];
  // Before version 13 no extension is trusted.
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM pg_catalog.pg_available_extension_versions AS v, to_jsonb(v) AS row
     WHERE name = ANY ($1::text[]) AND name <> 'plpgsql'
     GROUP BY name HAVING NOT bool_or(coalesce(row->>'trusted', 'false') = 'true' OR NOT superuser)`,
    [named.map(({ name }) => name)],
  );
  const found = new Set(rows.map(({ name }) => name));
  return named.filter(({ name }) => found.has(name));
}

/**
 * Creates the extensions before anything of the file exists: their scripts run with our rights, and an object of the
 * file could change what they do. The file's role creates those extensions itself that it may create.
 */
export async function makeBefore(
  client: Client,
  { errands, missingSchemas }: Dump,
  cage: Cage | undefined,
): Promise<Made> {
  const [extensions, schemas, later] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const schema of missingSchemas)
    await client.query(
      `CREATE SCHEMA ${quoteName(schema)} AUTHORIZATION ${cage ? quoteName(cage.user) : 'CURRENT_USER'}`,
    );
  if (!cage || (await untrusted(client, errands)).length === 0) return { extensions, schemas, later };
  await client.query('SET search_path = public');
  for (const { place, errand } of errands) {
    if (errand.kind !== 'extension' || errand.name === 'plpgsql') continue;
    const { schema } = errand;
    if (schema !== undefined) {
      const { rowCount } = await client.query('SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1', [
        schema,
      ]);
      if (rowCount === 0) {
        await client.query(`CREATE SCHEMA ${quoteName(schema)} AUTHORIZATION ${quoteName(cage.user)}`);
        schemas.add(schema);
      }
    }
    try {
      await runErrands(client, [{ place, errand }]);
      extensions.add(errand.name);
    } catch (error) {
      if (!isOwnRefusal(error)) throw error;
      later.add(errand.name);
    }
  }
  return { extensions, schemas, later };
}

/**
 * raise_exception: the extension's own script refuses, not the server. pg_cron does so unless the database has the name
 * that the server's configuration says (cron.database_name).
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const isOwnRefusal = (error: unknown): boolean =>
  ((error as Error).cause as { code?: string } | undefined)?.code === 'P0001';

/** Creates the extensions that need the final name of the database. */
export async function makeLater(client: Client, { errands }: Dump, later: Made['later']): Promise<void> {
  await client.query('SET search_path = public');
  for (const one of errands)
    if (one.errand.kind === 'extension' && later.has(one.errand.name)) await runErrands(client, [one]);
}
