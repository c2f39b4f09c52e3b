import type { TocEntry } from '../../dump/toc.ts';
import type { Facet } from './facet.ts';
import { maskSecrets } from '../canonical/mask.ts';
import { identify, mapRoles } from './names.ts';

/** One object of a schema, with everything that is compared. */
export interface SchemaObject {
  readonly kind: string;
  readonly schema: string;
  readonly table?: string | undefined;
  readonly name: string;
  /** As SQL, secrets masked. */
  readonly definition: string;
  /** What was masked. Only for comparing: no result contains it. */
  readonly secret: string;
  /** What the definition does not say: tablespace, version of an extension, that an index is invalid. */
  readonly facts: readonly Facet[];
  /** The owner's logical name; undefined for kinds without an owner. */
  readonly owner?: string | undefined;
  /** COMMENT statements on it and its columns, sorted. */
  readonly comments: readonly string[];
  /** Undefined if privileges were not read. */
  readonly privileges?: readonly Grant[] | undefined;
  /** True for parts of the server, which exist on every side: listed because somebody changed their privileges. */
  readonly implicit?: true;
}

export interface Grant {
  /** Empty for the object itself. */
  readonly column: string;
  readonly grantee: string;
  /** `SELECT`, `SELECT WITH GRANT OPTION`, `SELECT granted by someone` */
  readonly privilege: string;
  /** True for a default privilege of this kind of object that was revoked. */
  readonly revoked: boolean;
}

/** What the catalogs know about an object beyond its entry, by the entry's `catalog`. */
interface Known {
  readonly facts?: readonly Facet[] | undefined;
  /** The owner of an object whose entry does not have it. */
  readonly owner?: string | undefined;
  readonly privileges?: readonly Grant[] | undefined;
}

/** Entries that are not objects: settings of the dump, data, and what is read from the catalogs instead. */
const NO_OBJECT =
  /^(?:ENCODING|STDSTRINGS|SEARCHPATH|DATABASE|DATABASE PROPERTIES|ACL|DEFAULT ACL|SEQUENCE SET|BLOBS?|BLOB METADATA|.* DATA)$/;

/** Kinds that have an owner of their own. The owner of an index or a trigger is its table's. */
const OWNED = new Set([
  ...['SCHEMA', 'TABLE', 'VIEW', 'MATERIALIZED VIEW', 'FOREIGN TABLE', 'SEQUENCE', 'TYPE'],
  ...['DOMAIN', 'SHELL TYPE', 'FUNCTION', 'PROCEDURE', 'AGGREGATE', 'OPERATOR', 'OPERATOR CLASS'],
  ...['OPERATOR FAMILY', 'CONVERSION', 'COLLATION', 'TEXT SEARCH DICTIONARY'],
  ...['TEXT SEARCH CONFIGURATION', 'FOREIGN DATA WRAPPER', 'SERVER', 'EVENT TRIGGER'],
  ...['PUBLICATION', 'SUBSCRIPTION', 'STATISTICS', 'PROCEDURAL LANGUAGE'],
]);

/** Known kinds without an owner. Any unknown kind makes the verdict incomplete. */
const OTHERS = new Set([
  ...[
    'EXTENSION',
    'INDEX',
    'INDEX ATTACH',
    'CONSTRAINT',
    'CHECK CONSTRAINT',
    'FK CONSTRAINT',
    'DEFAULT',
    'TRIGGER',
  ],
  ...[
    'RULE',
    'POLICY',
    'SEQUENCE OWNED BY',
    'CAST',
    'TRANSFORM',
    'TEXT SEARCH PARSER',
    'TEXT SEARCH TEMPLATE',
  ],
  ...[
    'USER MAPPING',
    'PUBLICATION TABLE',
    'PUBLICATION TABLES IN SCHEMA',
    'SUBSCRIPTION TABLE',
    'ACCESS METHOD',
  ],
  ...['SECURITY LABEL', 'COMMENT', 'TABLE ATTACH', 'ROW SECURITY'],
]);

/** Entries that become part of another object's definition. */
const PARTS = new Set(['TABLE ATTACH', 'INDEX ATTACH', 'ROW SECURITY']);

/** Entries that are compared together with another object. */
const BELONGING = new Set([...PARTS, 'COMMENT', 'SEQUENCE OWNED BY']);

/** Every kind of entry that makesafe compares. */
export const OBJECT_KINDS: readonly string[] = [...OWNED, ...OTHERS];

export const isKnownKind = (kind: string): boolean =>
  OWNED.has(kind) || OTHERS.has(kind) || NO_OBJECT.test(kind);

export interface Building {
  readonly logical: (role: string) => string;
  readonly known: (catalog: string) => Known;
  /** False to omit owners. */
  readonly owners: boolean;
}

/** The objects of a table of contents. Entries that belong to another object are added to it. */
export function objectsOf(
  entries: readonly TocEntry[],
  { logical, known, owners }: Building,
): SchemaObject[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const comments = new Map<TocEntry, string[]>();
  const more = new Map<TocEntry, string[]>();
  const ownedSequences = new Set<TocEntry>();
  const objects: TocEntry[] = [];
  for (const entry of entries) {
    if (NO_OBJECT.test(entry.kind) || isPublicSchema(entry) || isDatabaseComment(entry)) continue;
    if (isForeignKeyTrigger(entry)) continue;
    if (!BELONGING.has(entry.kind)) {
      objects.push(entry);
      continue;
    }
    const others = entry.dependencies.map((id) => byId.get(id));
    if (entry.kind === 'COMMENT' && others[0]) {
      add(comments, others[0], entry.definition);
      continue;
    }
    const same = others.find(
      (one) => one?.schema === entry.schema && (one.name === entry.name || isIndexOf(entry, one)),
    );
    if (same && PARTS.has(entry.kind)) {
      add(more, same, entry.definition);
      continue;
    }
    if (same && entry.kind === 'SEQUENCE OWNED BY') ownedSequences.add(same);
    objects.push(entry);
  }

  return objects.map((entry): SchemaObject => {
    const { kind, schema, catalog } = entry;
    const parts = more.get(entry);
    const own = entry.definition.trim();
    const definition = parts ? [own, ...parts.map((text) => text.trim())].join('\n') : own;
    const { text, secret } = maskSecrets(kind, mapRoles(kind, definition, logical));
    const { facts = NONE, owner, privileges } = known(catalog);
    // A sequence that belongs to a column has the owner of the table.
    const owned = OWNED.has(kind) && !ownedSequences.has(entry) && !text.startsWith('ALTER TABLE');
    const whose = owned ? entry.owner : owner;
    const { name, table } = identify({ kind, name: entry.name, definition: text });
    const stored = storageFacts(entry);
    const said = comments.get(entry);
    // All objects have the same shape and share empty values, to save memory: there may be a hundred thousand.
    return {
      kind,
      schema,
      name,
      table,
      definition: text,
      secret,
      facts: stored.length === 0 ? facts : [...stored, ...facts],
      owner: owners && whose !== undefined ? logical(whose) : undefined,
      comments: said ? said.map((comment) => comment.trim()).sort() : NONE,
      privileges,
    };
  });
}

const NONE: readonly never[] = [];

/** The dump has the public schema only if it was changed, so it is read from the catalog. */
const isPublicSchema = ({ kind, name }: TocEntry): boolean =>
  (kind === 'SCHEMA' && name === 'public') || (kind === 'COMMENT' && name === 'SCHEMA public');

/** Comment and labels of the database are read from the catalog, if there is one. */
const isDatabaseComment = ({ kind, name }: TocEntry): boolean =>
  (kind === 'COMMENT' || kind === 'SECURITY LABEL') && name.startsWith('DATABASE ');

/** A partition's foreign key trigger: its name has an oid, which differs everywhere. The catalog tells its state. */
const isForeignKeyTrigger = ({ kind, definition }: TocEntry): boolean =>
  kind === 'TRIGGER' && /^\s*ALTER TABLE .* TRIGGER "RI_ConstraintTrigger_[ac]_\d+";\s*$/s.test(definition);

/** An index may be attached to the index of a constraint: `p1 p1_pkey`. */
const isIndexOf = (attached: TocEntry, { kind, name }: TocEntry): boolean =>
  attached.kind === 'INDEX ATTACH' && kind === 'CONSTRAINT' && name.endsWith(` ${attached.name}`);

function add(to: Map<TocEntry, string[]>, entry: TocEntry, text: string): void {
  const texts = to.get(entry);
  if (texts) texts.push(text);
  else to.set(entry, [text]);
}

function storageFacts({ kind, tablespace, accessMethod }: TocEntry): Facet[] {
  const facts: Facet[] = [];
  if (tablespace !== '') facts.push(fact('storage', 'tablespace', tablespace));
  // The default access method is a choice of the server, not of the schema.
  if (accessMethod !== '' && kind !== 'INDEX') facts.push(fact('storage', 'access method', accessMethod));
  return facts;
}

export const fact = (kind: Facet['class'], label: string, text: string): Facet => ({
  class: kind,
  key: label,
  label,
  text,
  meaning: text,
});
