import { partsOf } from '../../sql/quoting.ts';

/**
 * Spellings that PostgreSQL changes when it reads a dump. A chain of AND that begins with another chain (BETWEEN makes
 * one) loses the inner parentheses. The cast of an array of constants becomes casts of its elements. `respell` makes
 * both changes, so that a dump is the same, byte for byte, when it is loaded and dumped again.
 */

/** Plain text, or a group in parentheses or brackets. */
type Item = string | Group;
interface Group {
  readonly open: string;
  items: Item[];
}

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

/** @param sql whole statements */
export function respell(sql: string): string {
  if (!/\(\(.*\s(?:AND|OR)\s|\]\)::/s.test(sql)) return sql;
  const tree = parse(sql);
  return tree ? write(respelled(tree)) : sql;
}

/** Undefined if parentheses do not match: then it is not a statement of pg_dump. */
function parse(sql: string): Item[] | undefined {
  const stack: Group[] = [{ open: '', items: [] }];
  for (const token of partsOf(sql)) {
    const { open, items } = stack.at(-1)!;
    if (token === '(' || token === '[') {
      const group = { open: token, items: [] };
      items.push(group);
      stack.push(group);
    } else if (token === ')' || token === ']') {
      if (CLOSING[open] !== token) return undefined;
      stack.pop();
    } else {
      items.push(token);
    }
  }
  return stack.length === 1 ? stack[0]!.items : undefined;
}

const write = (items: readonly Item[]): string =>
  items
    .map((item) => (typeof item === 'string' ? item : item.open + write(item.items) + CLOSING[item.open]!))
    .join('');

/** From the inside to the outside. */
function respelled(items: readonly Item[]): Item[] {
  const inner = items.map((item) =>
    typeof item === 'string' ? item : { ...item, items: respelled(item.items) },
  );
  return withElementsCast(withoutInnerChain(inner));
}

const isBlank = (item: Item): boolean => typeof item === 'string' && /^\s*$/.test(item);

/** The connective of a level, and its first position; undefined if there are several kinds, or a BETWEEN. */
function connective(items: readonly Item[]): { word: string; at: number } | undefined {
  const words = items.filter((item) => typeof item === 'string' && /^(?:AND|OR|BETWEEN)$/.test(item));
  const [word] = words;
  if (typeof word !== 'string' || words.some((other) => other !== word)) return undefined;
  return { word, at: items.indexOf(word) };
}

/** `((a AND b) AND c)` becomes `(a AND b AND c)`; `(a AND (b AND c))` stays. */
function withoutInnerChain(items: Item[]): Item[] {
  const outer = connective(items);
  if (!outer) return items;
  const operand = items.slice(0, outer.at).filter((item) => !isBlank(item));
  const [first] = operand;
  if (operand.length !== 1 || typeof first !== 'object' || first.open !== '(') return items;
  if (connective(first.items)?.word !== outer.word) return items;
  const at = items.indexOf(first);
  return [...items.slice(0, at), ...first.items, ...items.slice(at + 1)];
}

/** `(ARRAY['a', 'b'])::text[]` becomes `ARRAY[('a')::text, ('b')::text]`. */
function withElementsCast(items: Item[]): Item[] {
  const found: Item[] = [];
  for (let at = 0; at < items.length; at++) {
    const cast = castAt(items, at);
    if (!cast) {
      found.push(items[at]!);
      continue;
    }
    const { elements, type, end } = cast;
    const written = elements.map((element) => `(${write(element).trim()})::${type}`).join(', ');
    found.push('ARRAY', { open: '[', items: [written] });
    at = end;
  }
  return found;
}

function castAt(
  items: readonly Item[],
  at: number,
): { elements: Item[][]; type: string; end: number } | undefined {
  const group = items[at]!;
  if (typeof group === 'string' || group.open !== '(') return undefined;
  const [word, array, ...others] = group.items.filter((item) => !isBlank(item));
  if (word !== 'ARRAY' || typeof array !== 'object' || array.open !== '[' || others.length > 0)
    return undefined;
  let end = at + 1;
  while (end < items.length && typeof items[end] === 'string') end += 1;
  const bounds = items[end];
  if (typeof bounds !== 'object' || bounds.open !== '[' || bounds.items.length > 0) return undefined;
  const next = items[end + 1];
  if (typeof next === 'object' && next.open === '[') return undefined;
  const [, type] =
    /^::((?:"(?:[^"]|"")*"|\w+)(?:[. ](?:"(?:[^"]|"")*"|\w+))*)$/.exec(write(items.slice(at + 1, end))) ?? [];
  const elements = split(array.items);
  // Only constants: another element may be an array itself, and casting it would mean something else.
  const areConstant = elements.every((element) => CONSTANT.test(write(element).trim()));
  return type === undefined || !areConstant ? undefined : { elements, type, end };
}

/** `'a'::character varying`, `('-1'::integer)::bigint`, `1.5`, `NULL::text` */
const CONSTANT = /^\(*(?:E?'(?:[^']|'')*'|\d[\d.eE+-]*|NULL|true|false)(?:\)?::[A-Za-z_][\w ."]*)*\)*$/;

function split(items: readonly Item[]): Item[][] {
  const parts: Item[][] = [[]];
  for (const item of items) {
    if (item === ',') parts.push([]);
    else parts.at(-1)!.push(item);
  }
  return parts;
}
