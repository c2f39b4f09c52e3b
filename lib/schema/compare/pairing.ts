import { pair } from './change.ts';
import type { Pair } from './fold.ts';
import type { SchemaObject } from '../read/objects.ts';

/** Places in a constraint's definition with its name, or its index's name, which is the same. */
const NAMED =
  /(\sADD CONSTRAINT |\sCLUSTER ON |\sREPLICA IDENTITY USING INDEX |\sATTACH PARTITION (?:"(?:[^"]|"")+"|[^\s".]+)\.)(?:"(?:[^"]|"")+"|[^\s;]+)/g;

/** A constraint without its name, to find a constraint that was only renamed. */
const unnamed = (definition: string): string => definition.replaceAll(NAMED, '$1');

/** Finds for each object of one side the same object of the other. */
export function pairObjects(
  base: readonly SchemaObject[],
  compared: readonly SchemaObject[],
): { both: Pair[]; renamed: Pair[]; onlyBase: SchemaObject[]; onlyCompared: SchemaObject[] } {
  const key = ({ kind, schema, table, name }: SchemaObject): string =>
    `${kind}\0${schema}\0${table}\0${name}`;
  const inPlace = pairInPlace(base, compared);
  // Several objects may have one name, for instance the functions of two casts: tell them apart by their definition.
  const rest = [inPlace.first, inPlace.second];
  const repeated = new Set(rest.flatMap((objects) => duplicates(objects.map(key))));
  const exact = pair(inPlace.first, inPlace.second, (object) => {
    const of = key(object);
    return repeated.has(of) ? `${of}\0${object.definition}` : of;
  });
  const named = pair(exact.first, exact.second, key);
  const renamed = pair(named.first, named.second, (object) =>
    object.kind.endsWith('CONSTRAINT')
      ? [object.kind, object.schema, object.table, unnamed(object.definition)].join('\0')
      : `${key(object)}\0`,
  );
  const [implicit, explicit] = [
    (one: SchemaObject) => one.implicit === true,
    (one: SchemaObject) => !one.implicit,
  ];
  return {
    both: [
      ...inPlace.both,
      ...exact.both,
      ...named.both,
      // An implicit object exists on every server. The side that does not list it has only its default privileges.
      ...renamed.first.filter(implicit).map((object): Pair => [object, { ...object, privileges: [] }]),
      ...renamed.second.filter(implicit).map((object): Pair => [{ ...object, privileges: [] }, object]),
    ],
    renamed: renamed.both,
    onlyBase: renamed.first.filter(explicit),
    onlyCompared: renamed.second.filter(explicit),
  };
}

/** A fast first step: of tens of thousands of objects, nearly all are identical and in the same place on both sides. */
function pairInPlace(
  base: readonly SchemaObject[],
  compared: readonly SchemaObject[],
): { both: Pair[]; first: SchemaObject[]; second: SchemaObject[] } {
  const [both, first, second]: [Pair[], SchemaObject[], SchemaObject[]] = [[], [], []];
  for (let at = 0; at < Math.max(base.length, compared.length); at++) {
    const [a, b] = [base[at], compared[at]];
    if (a && b && a.definition === b.definition && isNamedAs(a, b)) both.push([a, b]);
    else {
      if (a) first.push(a);
      if (b) second.push(b);
    }
  }
  return { both, first, second };
}

const isNamedAs = (a: SchemaObject, b: SchemaObject): boolean =>
  a.kind === b.kind && a.schema === b.schema && a.table === b.table && a.name === b.name;

function duplicates(keys: readonly string[]): string[] {
  const seen = new Set<string>();
  return keys.filter((key) => seen.has(key) || !seen.add(key));
}
