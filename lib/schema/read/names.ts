import type { TocEntry } from '../../dump/toc.ts';

/** A name as PostgreSQL writes it in SQL: quoted if needed. */
const NAME = String.raw`(?:"(?:[^"]|"")+"|[^\s"'.,();]+)`;
const ON_TABLE = String.raw`ON (?:ONLY )?(?:${NAME}\.)?(${NAME})`;

export const unquote = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;

export interface ObjectIdentity {
  readonly name: string;
  readonly table?: string;
}

/**
 * Kinds whose entry has two names: `receive_daily touch` is the trigger touch on receive_daily. Names may have blanks,
 * so the definition, which quotes names, shows where one ends. `name` finds the object's own name, `table` its table's.
 */
const OF_TABLE: Readonly<Record<string, { name?: RegExp; table?: RegExp }>> = {
  CONSTRAINT: { table: new RegExp(`^ALTER TABLE (?:ONLY )?(?:${NAME}\\.)?(${NAME})`) },
  'CHECK CONSTRAINT': {
    table: new RegExp(`^ALTER (?:FOREIGN )?(?:TABLE|DOMAIN) (?:ONLY )?(?:${NAME}\\.)?(${NAME})`),
  },
  'FK CONSTRAINT': { table: new RegExp(`^ALTER TABLE (?:ONLY )?(?:${NAME}\\.)?(${NAME})`) },
  DEFAULT: { table: new RegExp(`^ALTER (?:FOREIGN )?(?:TABLE|VIEW) (?:ONLY )?(?:${NAME}\\.)?(${NAME})`) },
  TRIGGER: { name: new RegExp(`^CREATE (?:CONSTRAINT )?TRIGGER (${NAME}) `) },
  RULE: { name: new RegExp(`^CREATE (?:OR REPLACE )?RULE (${NAME}) `) },
  POLICY: { name: new RegExp(`^CREATE POLICY (${NAME}) `) },
  'PUBLICATION TABLE': { name: new RegExp(`^ALTER PUBLICATION (${NAME}) `) },
  'PUBLICATION TABLES IN SCHEMA': { name: new RegExp(`^ALTER PUBLICATION (${NAME}) `) },
};

const INDEX = new RegExp(`^CREATE (?:UNIQUE )?INDEX ${NAME} ${ON_TABLE}`);
const MAPPING = new RegExp(`^CREATE USER MAPPING FOR (${NAME}) SERVER (${NAME})`);
const METHOD = new RegExp(`(?:USING|FOR TYPE .* USING) (${NAME})`, 's');

/** The name of an entry's object, which is unique among objects of its kind and schema. */
export function identify({
  kind,
  name: tag,
  definition,
}: Pick<TocEntry, 'kind' | 'name' | 'definition'>): ObjectIdentity {
  const bound = OF_TABLE[kind];
  if (bound) return splitTag(tag, bound, definition);
  if (kind === 'INDEX') {
    const [, table] = INDEX.exec(definition) ?? [];
    return table === undefined ? { name: tag } : { name: tag, table: unquote(table) };
  }
  if (kind === 'USER MAPPING') {
    const [, role = '', server = ''] = MAPPING.exec(definition) ?? [];
    return { name: `${unquote(role)} SERVER ${unquote(server)}` };
  }
  if (kind === 'OPERATOR')
    return { name: `${tag} (${argument(definition, 'LEFT')}, ${argument(definition, 'RIGHT')})` };
  if (kind === 'OPERATOR CLASS' || kind === 'OPERATOR FAMILY') {
    const [, method] = METHOD.exec(definition) ?? [];
    return { name: method === undefined ? tag : `${tag} USING ${unquote(method)}` };
  }
  return { name: tag };
}

function splitTag(
  tag: string,
  { name, table }: { name?: RegExp; table?: RegExp },
  definition: string,
): ObjectIdentity {
  const [, own] = name?.exec(definition) ?? [];
  if (own !== undefined && tag.endsWith(` ${unquote(own)}`)) {
    return { name: unquote(own), table: tag.slice(0, -unquote(own).length - 1) };
  }
  // The name of a publication comes first.
  if (own !== undefined && tag.startsWith(`${unquote(own)} `)) {
    return { name: unquote(own), table: tag.slice(unquote(own).length + 1) };
  }
  const [, of] = table?.exec(definition) ?? [];
  if (of !== undefined && tag.startsWith(`${unquote(of)} `)) {
    return { name: tag.slice(unquote(of).length + 1), table: unquote(of) };
  }
  const blank = tag.indexOf(' ');
  return blank < 0 ? { name: tag } : { table: tag.slice(0, blank), name: tag.slice(blank + 1) };
}

function argument(definition: string, side: 'LEFT' | 'RIGHT'): string {
  const [, type] = new RegExp(`^\\s+${side}ARG = (.*?),?$`, 'm').exec(definition) ?? [];
  return type ?? 'NONE';
}

const PARENTHESES = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g;

/** Where the parenthesis at `open` is closed. Ignores literals and quoted names. */
export function closingParenthesis(sql: string, open: number): number {
  PARENTHESES.lastIndex = open;
  let depth = 0;
  for (let found = PARENTHESES.exec(sql); found; found = PARENTHESES.exec(sql)) {
    if (found[0] === '(') depth += 1;
    else if (found[0] === ')' && --depth === 0) return found.index;
  }
  return sql.length;
}

const POLICY_ROLES = new RegExp(
  `^(CREATE POLICY ${NAME} ON (?:${NAME}\\.)?${NAME}(?: AS RESTRICTIVE)?(?: FOR (?:SELECT|INSERT|UPDATE|DELETE))?) TO (${NAME}(?:, ${NAME})*)`,
);
const MAPPING_ROLE = new RegExp(`^(CREATE USER MAPPING FOR )(${NAME})( SERVER )`);

/** Replaces roles in a definition by logical names. Sorts the roles of a policy: their order means nothing. */
export function mapRoles(kind: string, definition: string, logical: (role: string) => string): string {
  if (kind !== 'USER MAPPING' && kind !== 'POLICY') return definition;
  const write = (name: string): string => {
    const mapped = logical(unquote(name));
    return mapped === unquote(name) ? name : `"${mapped.replaceAll('"', '""')}"`;
  };
  if (kind === 'USER MAPPING') {
    return definition.replace(MAPPING_ROLE, (_all, before: string, role: string, after: string) =>
      [before, write(role), after].join(''),
    );
  }
  return definition.replace(POLICY_ROLES, (_all, before: string, roles: string) => {
    const names = [...roles.matchAll(new RegExp(NAME, 'g'))].map(([name]) => write(name)).sort();
    return `${before} TO ${names.join(', ')}`;
  });
}
