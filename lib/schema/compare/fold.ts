import { facetsOf } from '../read/facets.ts';
import type { Facets } from '../read/facet.ts';
import { unquote } from '../read/names.ts';
import type { SchemaObject } from '../read/objects.ts';

export type Pair = [base: SchemaObject, compared: SchemaObject];

interface Paired {
  readonly both: readonly Pair[];
  readonly onlyBase: readonly SchemaObject[];
  readonly onlyCompared: readonly SchemaObject[];
}

/**
 * Pairs objects that seem to be on one side only because pg_dump has two ways to write them. A CHECK that is NOT VALID,
 * and the default from a sequence that the column owns, are statements of their own; otherwise they stand inside the
 * table. For a sequence without owner, and for a partition's trigger in the same state as its parent's, pg_dump writes
 * nothing.
 */
export function fold(paired: Paired): Paired {
  const { both, onlyBase, onlyCompared } = paired;
  if (onlyBase.length + onlyCompared.length === 0) return paired;
  const pairs = [...both];
  const holders = new Map<string, number>();
  const triggers = new Set<string>();
  pairs.forEach(([{ kind, schema, name }], at) => {
    if (HOLDERS.test(kind)) holders.set(`${schema}\0${name}`, at);
    if (kind === 'TRIGGER') triggers.add(`${schema}\0${name}`);
  });

  /** True if the object was added to another one, or paired with what the other side means by writing nothing. */
  const settled = (object: SchemaObject, side: 0 | 1): boolean => {
    const { schema, name, table = name } = object;
    const at = holders.get(`${schema}\0${table}`);
    if (at === undefined) return false;
    const other = pairs[at]![1 - side]!;
    const usual = silence(object, triggers.has(`${schema}\0${name}`));
    if (usual !== undefined) {
      const silent = { ...object, definition: usual };
      pairs.push(side === 0 ? [object, silent] : [silent, object]);
      return true;
    }
    const inside = facetsOf(other.definition);
    if (!inside || !isInside(object, inside)) return false;
    const whole: Pair = [...pairs[at]!];
    const comments = [...whole[side].comments, ...object.comments].sort();
    whole[side] = {
      ...whole[side],
      definition: `${whole[side].definition}\n${object.definition}`,
      comments,
    };
    pairs[at] = whole;
    return true;
  };

  return {
    onlyBase: onlyBase.filter((object) => !settled(object, 0)),
    onlyCompared: onlyCompared.filter((object) => !settled(object, 1)),
    both: pairs,
  };
}

function isInside(
  { kind, name, definition }: SchemaObject,
  { defaults, constraints, notNulls }: Facets,
): boolean {
  if (kind === 'DEFAULT') return defaults.includes(name);
  if (kind === 'CHECK CONSTRAINT') return constraints.some((one) => one.name === name);
  // The name of the NOT NULL does not matter.
  const [, column] = (kind === 'CONSTRAINT' && NOT_NULL.exec(definition)) || [];
  return column !== undefined && notNulls.includes(unquote(column));
}

const NOT_NULL = /\sNOT NULL ("(?:[^"]|"")+"|\S+) NOT VALID;$/;

const HOLDERS = /^(?:TABLE|FOREIGN TABLE|DOMAIN|SEQUENCE)$/;

const STATE = /^(ALTER TABLE .*) (ENABLE|DISABLE|ENABLE ALWAYS|ENABLE REPLICA) (TRIGGER .*;)$/s;

/** The definition that a side means by writing nothing. */
function silence({ kind, definition }: SchemaObject, hasTrigger: boolean): string | undefined {
  if (kind === 'SEQUENCE OWNED BY') return definition.replace(/ OWNED BY .*$/s, ' OWNED BY NONE;');
  const [, table, state, trigger] = (kind === 'TRIGGER' && hasTrigger && STATE.exec(definition)) || [];
  return table && `${table} ${state === 'ENABLE' ? 'DISABLE' : 'ENABLE'} ${trigger}`;
}
