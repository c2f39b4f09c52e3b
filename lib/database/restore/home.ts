import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import type { DatabaseAttributes } from '../attributes.ts';
import type { BackupFacts, HomeFacts } from '../backup/backup-facts.ts';
import { quoteName } from '../../sql/quote.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { isSealed } from '../backup/seal.ts';
import { allowLine, isAllowed, type ConsentRun } from './consents.ts';
import type { Right } from '../../dump/read/rights.ts';

/** What a backup of this environment restores besides the contents of the dump. */
export interface HomeBackup extends Omit<HomeFacts, 'attributes'> {
  /** Undefined if only the person says (ALLOW=home) that it is a backup of this environment. */
  readonly attributes: DatabaseAttributes | undefined;
  /**
   * Whether the seal of the facts proves it. If only the person says so, owners and privileges are restored, but
   * nothing of the file is defined with our own rights: the person may be wrong about the file.
   */
  readonly sealed: boolean;
}

/** Whether a dump is a backup of this environment; if not, why. */
export type Origin = { readonly home: HomeBackup } | { readonly home: undefined; readonly why: string };

/**
 * Recognises a backup of this environment by its facts file: only somebody who knows the environment's password can
 * seal it, and it contains the checksum of the dump. The file's name proves nothing.
 *
 * @param facts of the dump, whose checksum was checked
 * @throws RefusedError if the person says ALLOW=home, but the facts name another environment
 */
export async function originOf(
  run: ConsentRun,
  { name, kind }: Dump,
  facts: BackupFacts | undefined,
): Promise<Origin> {
  const { environment, stack } = run;
  const elsewhere = (why: string): Origin => ({ home: undefined, why });
  if (kind === 'plain') return elsewhere('a plain dump says nothing of where it belongs');
  if (isAllowed(run, 'norights')) return elsewhere('ALLOW=norights');
  const isMeant = isAllowed(run, 'home');
  if (!facts)
    return isMeant ? HOME_BY_WORD : elsewhere('it is no backup of makesafe, with its facts beside it');
  if (facts.environment !== environment.name) {
    const why = `it is a backup of ${facts.environment}`;
    if (!isMeant) return elsewhere(why);
    throw new RefusedError(`${name} is not at home in ${environment.name}: ${why}`, {
      hint: 'leave ALLOW=home out',
    });
  }
  if (await isSealed(stack, facts)) return homeOf(facts);
  if (isMeant) return HOME_BY_WORD;
  return elsewhere(
    `nothing proves that it was taken here, or the password is another one since; if it was: ${allowLine(run, 'home')}`,
  );
}

const homeOf = ({ home }: BackupFacts): Origin => ({
  home: {
    attributes: home?.attributes,
    undumped: home?.undumped ?? [],
    without: home?.without ?? [],
    sealed: true,
  },
});
const HOME_BY_WORD: Origin = {
  home: { attributes: undefined, undumped: [], without: [], sealed: false },
};

/**
 * The attributes, as far as this server can have them.
 *
 * @param present attributes of the old database, which replace those that are not possible
 * @returns the attributes, and what is left out of them
 */
export async function attributesHere(
  client: Client,
  attributes: DatabaseAttributes,
  present: DatabaseAttributes,
): Promise<{ attributes: DatabaseAttributes; leftOut: string[] }> {
  const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
  const roles = new Set(rows.map(({ name }) => name));
  const { rows: tablespaces } = await client.query(
    'SELECT FROM pg_catalog.pg_tablespace WHERE spcname = $1',
    [attributes.tablespace],
  );
  const leftOut: string[] = [];
  const isHere = (role: string | null, what: string): boolean => {
    if (role === null || roles.has(role)) return true;
    leftOut.push(`${what}: role ${role} is not here`);
    return false;
  };
  const hasOwner = isHere(attributes.owner, `the database belongs to ${present.owner}`);
  const hasTablespace = attributes.tablespace === null || tablespaces.length > 0;
  if (!hasTablespace) leftOut.push(`tablespace ${attributes.tablespace} of the database is not here`);
  return {
    attributes: {
      ...attributes,
      oid: present.oid,
      owner: hasOwner ? attributes.owner : present.owner,
      tablespace: hasTablespace ? attributes.tablespace : present.tablespace,
      privileges: hasOwner
        ? (attributes.privileges?.filter(
            ({ grantee, grantor, privilege }) =>
              isHere(grantee, `${privilege} on the database`) &&
              isHere(grantor, `${privilege} on the database`),
          ) ?? null)
        : present.privileges,
      settings: attributes.settings.filter(({ role, name }) => isHere(role, `setting ${name}`)),
    },
    leftOut,
  };
}

/** How the attributes of the database change, in a few words each. */
export function attributesChanged(now: DatabaseAttributes, then: DatabaseAttributes): string[] {
  const list = <T>(all: readonly T[] | null): string =>
    JSON.stringify((all ?? []).map((one) => JSON.stringify(one)).sort());
  const plain = [
    ...(['owner', 'encoding', 'provider', 'collate', 'ctype', 'locale', 'icuRules', 'tablespace'] as const),
    ...(['connectionLimit', 'isTemplate'] as const),
  ];
  return [
    ...plain.flatMap((name) => (now[name] === then[name] ? [] : [`${name} ${now[name]} → ${then[name]}`])),
    ...(list(now.settings) === list(then.settings) ? [] : ['settings']),
    ...(list(now.privileges) === list(then.privileges) ? [] : ['privileges']),
    ...(now.comment === then.comment ? [] : ['comment']),
  ];
}

/** Statements for the privileges that pg_dump does not dump. */
export const undumpedRights = ({ undumped }: HomeBackup): Right[] =>
  undumped.map(({ on, privileges }) => ({
    ...{ kind: 'privileges', place: on, needs: [] },
    sql: [
      `REVOKE ALL ${on} FROM PUBLIC;`,
      ...privileges.map(
        ({ grantee, privilege, grantable }) =>
          `GRANT ${privilege} ${on} TO ${grantee === null ? 'PUBLIC' : quoteName(grantee)}${grantable ? ' WITH GRANT OPTION' : ''};`,
      ),
    ].join('\n'),
  }));
