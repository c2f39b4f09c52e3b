import type { Facet } from './facet.ts';
import { languageTag } from './locale.ts';
import { shapeOf, type Node, type Tree } from '../../sql/syntax.ts';

/** Options of a definition: storage parameters, and options of sequences, functions and foreign objects. */

/** Whether a part of a syntax tree is a list of options. */
export const isOptions = (tree: Tree | undefined): tree is Node[] =>
  Array.isArray(tree) && tree.length > 0 && tree.every((one) => (one as Node)['DefElem'] !== undefined);

/** Whether it is the default name of a multirange type. Servers before 14 have no such type. */
export function isUsualMultirange(option: Node, { typeName }: Node): boolean {
  if (option['defname'] !== 'multirange_type_name') return false;
  const range = textOf((typeName as Node[]).at(-1));
  const usual = range.includes('range') ? range.replace('range', 'multirange') : `${range}_multirange`;
  return textOf(option['arg']) === usual;
}

/** Whether these are options of an ICU collation. */
export const isIcu = (options: readonly Node[]): boolean =>
  options.some(({ DefElem: option }) => {
    const { defname, arg } = option as Node;
    return defname === 'provider' && textOf(arg) === 'icu';
  });

/** The facet of one option; `icu` for an option of an ICU collation. */
export function optionFacet(option: Node, kind = '', icu = false): Omit<Facet, 'class'> {
  const name = option['defname'] as string;
  const setting = (option['arg'] as Node | undefined)?.['VariableSetStmt'] as Node | undefined;
  // For a sequence, AS is its type.
  const called = name !== 'as' ? name : kind === 'CreateFunctionStmt' ? 'body' : 'type';
  // An option of the TOAST table: toast.autovacuum_enabled.
  const place = option['defnamespace'] === undefined ? '' : `${option['defnamespace'] as string}.`;
  const label = setting ? `setting ${setting['name'] as string}` : `${place}${called}`;
  return {
    key: `option ${option['defnamespace'] as string} ${label}`,
    label: name === 'owned_by' ? 'owned by' : label,
    text: textOf(option['arg']).replaceAll(', ', name === 'owned_by' ? '.' : ', '),
    meaning: icu && name === 'locale' ? languageTag(textOf(option['arg'])) : shapeOf(option),
  };
}

/** Quotes an item if needed: `a, b` is two items, `"a, b"` is one. */
function itemOf(tree: Tree): string {
  const text = textOf(tree);
  return text === '' || /[,"]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The value of an option as text, if it is a simple one. */
export function textOf(tree: Tree | undefined): string {
  if (tree === undefined || tree === null) return 'none';
  if (Array.isArray(tree)) return tree.map(textOf).join(', ');
  if (typeof tree !== 'object') return String(tree);
  const [[kind, value]] = Object.entries(tree) as [[string, Node]];
  if (kind === 'A_Const')
    return textOf({ value: value['sval'] ?? value['ival'] ?? value['fval'] ?? value['boolval'] ?? {} });
  if (kind === 'VariableSetStmt') return ((value['args'] as Node[] | undefined) ?? []).map(itemOf).join(', ');
  if (kind === 'TypeName') return textOf((value['names'] as Node[]).at(-1));
  if (kind === 'Boolean') return value['boolval'] === true ? 'true' : 'false';
  return textOf(value['sval'] ?? value['ival'] ?? value['fval'] ?? value['items'] ?? '0');
}
