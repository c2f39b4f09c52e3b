import { shapeOf, type Node, type ParsedStatement } from '../../sql/syntax.ts';

/** A constraint inside a definition. Its name may differ while the rest is the same. */
export interface InnerConstraint {
  /** Empty for the default name. */
  readonly name: string;
  readonly text: string;
  readonly meaning: string;
  readonly isNotNull: boolean;
}

interface Found {
  readonly constraints: InnerConstraint[];
  readonly unnamed: InnerConstraint[];
}

export const NAME_OF_CONSTRAINT = /^(?:ADD )?CONSTRAINT (?:"(?:[^"]|"")*"|[^\s"]+)\s*/;

/** Takes named constraints, and every NOT NULL, out of a column or domain. A NOT NULL has a name since 18. */
export function takeNames(
  constraints: Node[],
  found: Found,
  column = '',
  source?: Pick<ParsedStatement, 'text' | 'start'>,
): Node[] {
  /** The constraint as written, without its name. */
  const writtenAt = (at: number): string | undefined => {
    const place = (one: Node | undefined): number | undefined =>
      one && ((one['Constraint'] as Node)['location'] as number) - source!.start;
    return (
      source &&
      Buffer.from(source.text)
        .subarray(place(constraints[at]), place(constraints[at + 1]))
        .toString()
        .trim()
        .replace(NAME_OF_CONSTRAINT, '')
    );
  };
  return constraints.map((one, at) => {
    const { conname, ...rest } = one['Constraint'] as Node;
    const isNotNull = rest['contype'] === 'CONSTR_NOTNULL';
    if (conname === undefined && !isNotNull) return one;
    const meaning = shapeOf({ column, rest });
    const text = writtenAt(at) ?? `${column} ${rest['contype'] as string}`.replace('CONSTR_', '').trim();
    const name = (conname as string | undefined) ?? '';
    found[name === '' ? 'unnamed' : 'constraints'].push({ name, text, meaning, isNotNull });
    return { Constraint: { contype: rest['contype']! } };
  });
}

/** The same for `ALTER DOMAIN … ADD`. */
export function addDomainConstraint({ kind, node, text }: ParsedStatement, found: Found): boolean {
  const { Constraint: constraint } = ((kind === 'AlterDomainStmt' && node['def']) || {}) as Node;
  if (constraint === undefined) return false;
  const { conname, ...rest } = constraint as Node;
  const body = text.replace(/^.*?\sADD /s, 'ADD ').replace(NAME_OF_CONSTRAINT, '');
  const meaning = shapeOf({ column: '', rest });
  found.constraints.push({ name: conname as string, text: body, meaning, isNotNull: false });
  return true;
}
