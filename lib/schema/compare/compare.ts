import { objectChanges } from './changes.ts';
import { renaming, type Change } from './change.ts';
import type { Comparison, Difference, DifferenceClass, KindCount } from './comparison.ts';
import { fold } from './fold.ts';
import { namesToldApart } from './look-alike.ts';
import { matches, titleOf } from './ignore.ts';
import type { SchemaObject } from '../read/objects.ts';
import { pairObjects } from './pairing.ts';
import type { Side } from '../read/read.ts';
import { involvedRoles, roleObject } from '../read/server-roles.ts';

export interface CompareOptions {
  /** Patterns of accepted differences. */
  readonly ignore: readonly string[];
  readonly privileges: Comparison['privileges'];
  readonly limits: readonly string[];
}

type Found = Difference & { readonly grave: boolean };

/** Compares two sides. Await `loadParser` before. */
export function compare(base: Side, compared: Side, options: CompareOptions): Comparison {
  const labels = {
    base: base.summary.label,
    compared: compared.summary.label,
    notNullNames: ![base, compared].some(({ summary }) => parseInt(summary.serverVersion ?? '', 10) < 18),
  };
  const roles = involvedRoles(base.roles, compared.roles);
  const all = ({ objects, roles: known }: Side): SchemaObject[] => [
    ...objects,
    ...known.filter(({ name }) => roles.has(name)).map(roleObject),
  ];
  const { renamed, ...paired } = pairObjects(all(base), all(compared));
  const { both, onlyBase, onlyCompared } = fold(paired);

  const counts = new Map<string, Count>();
  const hits = options.ignore.map(() => 0);
  const differences: Found[] = [];
  /** Counts an object, and keeps those of its differences that no pattern accepts. */
  const settle = (
    kind: string,
    found: Found[],
    otherwise: 'identical' | 'equivalent' = 'identical',
  ): void => {
    const kept = found.filter((difference) => {
      const title = titleOf(difference);
      const pattern = difference.grave ? -1 : options.ignore.findIndex((one) => matches(one, title));
      if (pattern >= 0) hits[pattern]! += 1;
      return pattern < 0;
    });
    differences.push(...kept);
    let count = counts.get(kind);
    if (!count) counts.set(kind, (count = { identical: 0, equivalent: 0, different: 0, ignored: 0 }));
    count[kept.length > 0 ? 'different' : found.length > 0 ? 'ignored' : otherwise] += 1;
  };

  for (const [a, b] of both) {
    const found = objectChanges(a, b, labels).map((change) => difference(a, b, change));
    settle(a.kind, found, a.definition === b.definition ? 'identical' : 'equivalent');
  }
  for (const [a, b] of renamed) {
    const name = { class: 'constraint name', changes: [renaming(a.name, b.name)] } as const;
    const others = objectChanges(a, { ...b, definition: a.definition }, labels);
    settle(
      a.kind,
      [name, ...others].map((change) => difference(a, b, change)),
    );
  }
  // Look for names that look alike only if a name will be reported: there may be tens of thousands.
  const isTold = onlyBase.length + onlyCompared.length > 0;
  const names = isTold ? [...both.map(([a]) => a), ...onlyBase, ...onlyCompared].map(nameOf) : [];
  const alike = namesToldApart(names);
  for (const object of onlyBase) settle(object.kind, [alone(object, 'only in base', alike(nameOf(object)))]);
  for (const object of onlyCompared)
    settle(object.kind, [alone(object, 'only in compared', alike(nameOf(object)))]);

  const incomplete = [base, compared].flatMap(({ summary, incomplete: sentences }) =>
    sentences.map((sentence) => `${summary.label}: ${sentence}`),
  );
  return {
    verdict: incomplete.length > 0 ? 'incomplete' : differences.length > 0 ? 'different' : 'same',
    base: base.summary,
    compared: compared.summary,
    privileges: options.privileges,
    objects: [...counts]
      .map(([kind, count]): KindCount => ({ kind, ...count }))
      .sort((a, b) => order(a.kind, b.kind)),
    differences: differences.sort(byPlace).map(withoutGrave),
    ignored: options.ignore.map((pattern, index) => ({ pattern, count: hits[index]! })),
    incomplete,
    limits: options.limits,
  };
}

type Count = { -readonly [K in keyof Omit<KindCount, 'kind'>]: number };

const place = ({
  kind,
  schema,
  table,
  name,
}: SchemaObject): Pick<Difference, 'kind' | 'schema' | 'table' | 'name'> => ({
  ...{ kind, schema, ...(table === undefined ? {} : { table }), name },
});

function difference(
  a: SchemaObject,
  b: SchemaObject,
  { class: kind, changes, grave = false }: Change,
): Found {
  const shown = (object: SchemaObject): string | undefined => {
    if (kind === 'owner' || kind === 'privileges') return undefined;
    return kind === 'comment' ? object.comments.join('\n') : definitionOf(object);
  };
  return found(a, kind, changes, grave || a.kind === 'DEFAULT ACL', shown(a), shown(b));
}

/** The name for telling look-alikes apart: with the table's name, which may look like another one, too. */
const nameOf = ({ table, name }: SchemaObject): string =>
  table === undefined ? name : `${name} on ${table}`;

function alone(object: SchemaObject, kind: 'only in base' | 'only in compared', spelled?: string): Found {
  const definition = definitionOf(object);
  const [base, compared] = kind === 'only in base' ? [definition, undefined] : [undefined, definition];
  const changes = spelled === undefined ? [] : [`spelled ${spelled}, unlike one that looks the same`];
  return found(object, kind, changes, false, base, compared);
}

function found(
  object: SchemaObject,
  kind: DifferenceClass,
  changes: readonly string[],
  grave: boolean,
  base: string | undefined,
  compared: string | undefined,
): Found {
  return {
    ...place(object),
    class: kind,
    changes,
    grave,
    ...(base === undefined ? {} : { base }),
    ...(compared === undefined ? {} : { compared }),
  };
}

/** The definition, with facts that SQL does not express as comments. */
function definitionOf({ definition, facts }: SchemaObject): string {
  const said = facts.map(({ label, text }) => `-- ${[label, text].filter(Boolean).join(' ')}`);
  return [definition, ...said].filter(Boolean).join('\n');
}

const withoutGrave = (found: Found): Difference => {
  const { grave, ...rest } = found;
  void grave;
  return rest;
};

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function byPlace(a: Difference, b: Difference): number {
  const text = (one: Difference): string =>
    [one.kind, one.schema, one.table ?? '', one.name, one.class].join('\0');
  return order(text(a), text(b));
}
