import { createHash } from 'node:crypto';
import { relative, resolve } from 'node:path';
import type { Client } from 'pg';
import { readAttributes, type DatabaseAttributes } from '../../database/attributes.ts';
import { rolesScript, type RolesRun } from '../../database/db-bootstrap-roles.ts';
import { withServiceVariables } from '../../migrations/service-variables.ts';
import type { Sources } from '../../stack/alembic/sources.ts';
import { readBytesIfThere } from '../../system/read-bounded.ts';
import type { Recipe } from './fit.ts';

/** Bytes of a script for roles. */
const MOST = 64 << 20;

/** What the server adds to a database that is made on it. Reads of an extension all versions, not only those in use. */
const SERVER = `
  SELECT current_setting('server_version_num') AS version,
    (SELECT json_agg(json_build_array(name, version) ORDER BY name, version)
     FROM pg_available_extension_versions) AS extensions,
    (SELECT json_agg(json_build_array(setdatabase <> 0, setconfig) ORDER BY setdatabase)
     FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole WHERE rolname = current_user
       AND setdatabase = 0) AS settings,
    (SELECT to_jsonb(d) ->> 'datcollversion' FROM pg_database d WHERE datname = $1) AS collation`;

/**
 * What a rebuild from nothing would be made of now.
 *
 * @param client of any database of the server
 * @returns undefined if there is no database of that name
 */
export async function readRecipe(
  run: RolesRun,
  client: Client,
  sources: Sources,
): Promise<Recipe | undefined> {
  const { root, stack, environment } = run;
  const { name } = stack.database;
  const attributes = await readAttributes(client, name);
  if (!attributes) return undefined;
  const { rows } = await client.query<object>(SERVER, [name]);
  const script = rolesScript(run);
  const bytes = script === undefined ? undefined : readBytesIfThere(resolve(root, script), { most: MOST });
  return {
    sources: below(root, sources),
    attributes: inOrder(attributes),
    rest: {
      server: rows[0]!,
      roles: bytes === undefined ? null : createHash('sha256').update(bytes).digest('hex'),
      variables: [...withServiceVariables(environment).variables]
        .flatMap(([key, { value, secret }]) => (secret ? [] : [[key, withoutName(value, name)]]))
        .sort(),
    },
  };
}

/** The recipe of what a file has: the database's own attributes are compared when it is taken, behind the roles. */
export const portable = (recipe: Recipe): Recipe => ({ ...recipe, attributes: {} });

export const attributesDigest = (attributes: DatabaseAttributes): string =>
  createHash('sha256')
    .update(JSON.stringify(inOrder(attributes)))
    .digest('hex');

/** The value of a variable in any checkout: each gives its database another name. `…:5432/core_b` → `…:5432/` */
const withoutName = (value: string, name: string): string => {
  if (value === name) return '';
  return /^\w[\w+.-]*:\/\//.test(value)
    ? value.replace(/\/([^/?#]*)(?=[?#]|$)/, (path, last) => (last === name ? '/' : path))
    : value;
};

/** Without what two databases of one kind do not share, and in an order that does not depend on how they were made. */
function inOrder({ privileges, settings, ...attributes }: DatabaseAttributes): object {
  const rest = { ...attributes, oid: undefined, name: undefined };
  const sorted = (list: readonly object[]): string[] => list.map((one) => JSON.stringify(one)).sort();
  return { ...rest, privileges: privileges && sorted(privileges), settings: sorted(settings) };
}

/** Paths below the root relative to it, so that two checkouts of one repository agree. */
function below(root: string, { contents, early, late, revisions }: Sources): Sources {
  const short = (path: string): string => {
    const found = relative(root, path);
    return found.startsWith('..') ? path : found;
  };
  return {
    contents: Object.fromEntries(Object.entries(contents).map(([path, hash]) => [short(path), hash])),
    early: early.map(short),
    late: late.map(short),
    revisions: revisions.map((one) => ({ ...one, path: short(one.path) })),
  };
}

/** A path of a mark, as alembic's own machine has it. */
export const lateFile = (root: string, path: string): string => resolve(root, path);
