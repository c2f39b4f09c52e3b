import { commentChanges } from './comment-changes.ts';
import { excerpt, labelled, onlyIn, shorten } from './excerpt.ts';
import { facetsOf } from '../read/facets.ts';
import type { Facet, Facets } from '../read/facet.ts';
import type { InnerConstraint } from '../read/inner-constraints.ts';
import { sidesToldApart, toldApart } from './look-alike.ts';
import type { Grant, SchemaObject } from '../read/objects.ts';
import { type Change, type Labels, type Renamed, renaming, pair } from './change.ts';

/** How an object differs between two sides. Empty if it means the same, even if the text differs. */
export function objectChanges(a: SchemaObject, b: SchemaObject, labels: Labels): Change[] {
  const definition = definitionChanges(a, b, labels);
  return [
    ...definition.found,
    ...ownerChanges(a, b),
    ...privilegeChanges(a.privileges, b.privileges, labels),
    ...commentChanges(a, b, definition.renamed, labels),
  ];
}

function definitionChanges(
  a: SchemaObject,
  b: SchemaObject,
  labels: Labels,
): { found: Change[]; renamed: Renamed } {
  const facts = facetChanges(a.facts, b.facts, labels);
  const secret = a.secret === b.secret ? [] : ['a password or connection string differs (masked)'];
  const changes = { definition: [...facts.definition, ...secret], storage: [...facts.storage] };
  const found: Change[] = [];
  let names: Renamed = new Map();
  if (a.definition !== b.definition) {
    const [one, other] = [a, b].map((object) => (isSql(object) ? facetsOf(object.definition) : undefined));
    if (one && other) {
      const facets = facetChanges(one.facets, other.facets, labels);
      changes.definition.push(...facets.definition);
      changes.storage.push(...facets.storage);
      const renamed = constraintChanges(one, other, labels);
      changes.definition.push(...renamed.definition);
      const order = columnOrder(one.columns, other.columns);
      if (order !== undefined) found.push({ class: 'column order', changes: [order] });
      names = renamed.names;
      const sentences = [...names].map(([theirs, ours]) => renaming(ours, theirs));
      if (sentences.length > 0) found.push({ class: 'constraint name', changes: sentences });
    } else {
      changes.definition.push(excerpt(a.definition, b.definition));
    }
  }
  for (const kind of ['storage', 'definition'] as const) {
    if (changes[kind].length > 0) found.unshift({ class: kind, changes: changes[kind] });
  }
  return { found, renamed: names };
}

function facetChanges(
  one: readonly Facet[],
  other: readonly Facet[],
  labels: Labels,
): Record<Facet['class'], string[]> {
  const changes: Record<Facet['class'], string[]> = { definition: [], storage: [] };
  if (one.length + other.length === 0) return changes;
  const place = ({ class: kind, key }: Facet): string => `${kind} ${key}`;
  const equal = pair(one, other, (facet) => `${place(facet)}\0${facet.meaning}`);
  const { both, first, second } = pair(equal.first, equal.second, place);
  for (const [a, b] of both) changes[a.class].push(labelled(a.label, excerpt(a.text, b.text)));
  const full = ({ label, text }: Facet): string => labelled(label, text);
  const [inBase, inCompared] = sidesToldApart(first.map(full), second.map(full));
  first.forEach((facet, at) => changes[facet.class].push(onlyIn(inBase[at]!, labels.base)));
  second.forEach((facet, at) => changes[facet.class].push(onlyIn(inCompared[at]!, labels.compared)));
  return changes;
}

/** The value of a setting may look like SQL, but is not. */
const isSql = ({ kind }: SchemaObject): boolean => !/ SETTING$| PROPERTY$/.test(kind);

/** Constraints inside a definition: pairs those with the same meaning first, whatever their names, and then by name. */
function constraintChanges(
  one: Facets,
  other: Facets,
  labels: Labels,
): { definition: string[]; names: Renamed } {
  const all = ({ constraints, unnamed }: Facets): InnerConstraint[] => [...constraints, ...unnamed];
  const equal = pair(all(one), all(other), ({ name, meaning }) => `${name}\0${meaning}`);
  const renamed = pair(equal.first, equal.second, ({ meaning }) => meaning);
  const changed = pair(renamed.first, renamed.second, ({ name }) => name);
  const full = ({ name, text }: { name: string; text: string }): string =>
    labelled(`constraint ${name}`, text);
  // A NOT NULL is reported as a change of its column.
  const told = ({ isNotNull }: InnerConstraint): boolean => !isNotNull;
  const [inBase, inCompared] = sidesToldApart(
    changed.first.filter(told).map(full),
    changed.second.filter(told).map(full),
  );
  const named = renamed.both.filter(([a]) => labels.notNullNames !== false || told(a));
  return {
    names: new Map(named.map(([a, b]) => [b.name, a.name])),
    definition: [
      ...changed.both.map(([a, b]) => labelled(`constraint ${a.name}`, excerpt(a.text, b.text))),
      ...inBase.map((constraint) => onlyIn(constraint, labels.base)),
      ...inCompared.map((constraint) => onlyIn(constraint, labels.compared)),
    ],
  };
}

/** Compares the order of the columns that both sides have. */
function columnOrder(one: readonly string[], other: readonly string[]): string | undefined {
  const common = (columns: readonly string[], others: readonly string[]): string[] => {
    const there = new Set(others);
    return columns.filter((column) => there.has(column));
  };
  const [a, b] = [common(one, other), common(other, one)];
  const moved = a.findIndex((column, index) => column !== b[index]);
  if (moved < 0) return undefined;
  const last = a.findLastIndex((column, index) => column !== b[index]);
  const part = (columns: string[]): string => shorten(columns.slice(moved, last + 1).join(', '));
  return `columns in another order: ${part(a)} → ${part(b)}`;
}

function ownerChanges(a: SchemaObject, b: SchemaObject): Change[] {
  if (a.owner === b.owner || a.owner === undefined || b.owner === undefined) return [];
  const grave = /\bSECURITY DEFINER\b/.test(a.definition + b.definition);
  return [{ class: 'owner', changes: [`owner ${toldApart(a.owner, b.owner).join(' → ')}`], grave }];
}

function privilegeChanges(
  one: readonly Grant[] | undefined,
  other: readonly Grant[] | undefined,
  labels: Labels,
): Change[] {
  if (!one || !other || one.length + other.length === 0) return [];
  const key = ({ column, grantee, privilege, revoked }: Grant): string =>
    `${column}\0${grantee}\0${privilege}\0${revoked}`;
  const { first, second } = pair(one, other, key);
  if (first.length + second.length === 0) return [];
  const describe = (grants: Grant[], label: string): string[] => {
    const byGrantee = new Map<string, string[]>();
    for (const { column, grantee, privilege } of grants) {
      const who = column === '' ? grantee : `column ${column}: ${grantee}`;
      byGrantee.set(who, [...(byGrantee.get(who) ?? []), privilege]);
    }
    return [...byGrantee]
      .map(([who, privileges]) => onlyIn(`${who}: ${privileges.sort().join(', ')}`, label))
      .sort();
  };
  // A REVOKE on one side counts as a privilege of the other side.
  const [inBase, inCompared] = [
    [...first.filter(({ revoked }) => !revoked), ...second.filter(({ revoked }) => revoked)],
    [...second.filter(({ revoked }) => !revoked), ...first.filter(({ revoked }) => revoked)],
  ];
  const grave = [...first, ...second].some(
    ({ grantee, privilege }) => grantee === 'PUBLIC' || privilege.includes('GRANT OPTION'),
  );
  return [
    {
      class: 'privileges',
      changes: [...describe(inBase, labels.base), ...describe(inCompared, labels.compared)],
      grave,
    },
  ];
}
