import { loadModule, parseSync } from 'libpg-query';

/** A node of PostgreSQL's syntax tree, as libpg-query returns it: `{ ColumnRef: { fields: […] } }`. */
export type Tree = null | boolean | number | string | Tree[] | { [key: string]: Tree };
export type Node = Record<string, Tree>;

export interface ParsedStatement {
  /** `CreateStmt`, and its contents. Positions in the text are included; `shapeOf` removes them. */
  readonly kind: string;
  readonly node: Node;
  readonly text: string;
  /** Where the text begins, in bytes, like all positions in the tree. */
  readonly start: number;
}

/** Await once before the first call of `parseStatements`. */
export const loadParser = loadModule;

/** The statements in SQL text; undefined if the parser cannot parse it. */
export function parseStatements(sql: string): ParsedStatement[] | undefined {
  const bytes = Buffer.from(sql);
  try {
    const { stmts = [] } = parseSync(sql) as unknown as {
      stmts?: { stmt: Record<string, Node>; stmt_location?: number; stmt_len?: number }[];
    };
    return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length = bytes.length - start }) => {
      const [[kind, node]] = Object.entries(stmt) as [[string, Node]];
      return {
        kind,
        node,
        start,
        text: bytes
          .subarray(start, start + length)
          .toString()
          .trim(),
      };
    });
  } catch {
    return undefined;
  }
}

/**
 * A text that is equal for trees with equal meaning: without positions, and with one form for the notations that
 * PostgreSQL itself changes when it reads its own output.
 */
export function shapeOf(tree: Tree | undefined): string {
  return JSON.stringify(normalise(tree ?? null));
}

/** Keys of positions in the text. */
const PLACE =
  /^(?:location|stmt_location|stmt_len|\w+_location|list_start|list_end|rexpr_list_start|rexpr_list_end)$/;

function normalise(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.map(normalise);
  if (tree === null || typeof tree !== 'object') return tree;
  const node: Node = {};
  for (const key of Object.keys(tree).sort()) if (!PLACE.test(key)) node[key] = normalise(tree[key]!);
  return withoutQualifiers(asCall(castElements(flatten(node))));
}

/** `(a AND b) AND c` is `a AND b AND c`: a dump of a view with BETWEEN loses the inner parentheses. */
function flatten(node: Node): Node {
  const { BoolExpr: expression } = node as { BoolExpr?: { boolop: string; args: Node[] } };
  if (!expression || expression.boolop === 'NOT_EXPR') return node;
  const args = expression.args.flatMap((arg) => {
    const { BoolExpr: inner } = arg as { BoolExpr?: { boolop: string; args: Node[] } };
    return inner?.boolop === expression.boolop ? inner.args : [arg];
  });
  return { BoolExpr: { ...expression, args } };
}

/**
 * `ARRAY['a'::varchar]::text[]` is `ARRAY['a'::varchar::text]`: a dump changes varchar IN ('a', …) like this. Only for
 * constants: with elements that are arrays, the cast would mean something else.
 */
function castElements(node: Node): Node {
  const { TypeCast: cast } = node as { TypeCast?: { arg: Node; typeName: Node } };
  const { A_ArrayExpr: array } = (cast?.arg ?? {}) as { A_ArrayExpr?: { elements?: Node[] } };
  const { arrayBounds, ...typeName } = cast?.typeName ?? {};
  if (!array?.elements?.every(isConstant) || array.elements.length === 0 || !arrayBounds) return node;
  if ((arrayBounds as Tree[]).length !== 1) return node;
  return {
    A_ArrayExpr: { ...array, elements: array.elements.map((arg) => ({ TypeCast: { arg, typeName } })) },
  };
}

/**
 * `TRIM(BOTH 'x' FROM a)` is `btrim(a, 'x')`: PostgreSQL 13 prints all of SQL's special notations as calls. In a dump,
 * only system functions have no schema.
 */
function asCall(node: Node): Node {
  const { FuncCall: call } = node as { FuncCall?: Node & { funcname: Node[] } };
  if (call?.['funcformat'] !== 'COERCE_SQL_SYNTAX') return node;
  const name = call.funcname.filter(({ String: part }) => (part as Node)['sval'] !== 'pg_catalog');
  return { FuncCall: { ...call, funcname: name, funcformat: 'COERCE_EXPLICIT_CALL' } };
}

function isConstant(node: Node): boolean {
  if (node['A_Const']) return true;
  const { TypeCast: cast } = node as { TypeCast?: { arg: Node; typeName: Node } };
  return cast !== undefined && !cast.typeName['arrayBounds'] && isConstant(cast.arg);
}

/**
 * `SELECT t.a FROM t` is `SELECT a FROM t`: PostgreSQL up to 15 prints a view in the first form, 16 in the second. Only
 * for the view's own query: all versions print inner queries with qualifiers.
 */
function withoutQualifiers(node: Node): Node {
  const view = (node['ViewStmt'] ?? node['CreateTableAsStmt']) as { query?: Node } | undefined;
  const { SelectStmt: select } = (view?.query ?? {}) as { SelectStmt?: Node };
  const from = select?.['fromClause'] as Node[] | undefined;
  if (!view || !select || from?.length !== 1) return node;
  const name = nameOf(from[0]!);
  if (name === undefined) return node;
  const outputs = new Set((select['targetList'] as Node[]).map(outputName));
  const { fromClause, sortClause, ...rest } = select;
  const sorted = (sortClause as Node[] | undefined)?.map((one) => {
    // ORDER BY a means the output column a if there is one; ORDER BY t.a never does.
    const { SortBy: sort } = one as { SortBy: { node: Node } };
    const plain = strip(sort.node, name);
    const field = columnOf(plain);
    return field !== undefined && outputs.has(field) && !isPlainOutput(select, field, name)
      ? one
      : { SortBy: { ...sort, node: plain } };
  });
  const query = {
    SelectStmt: {
      ...(strip(rest, name) as Node),
      fromClause: fromClause!,
      ...(sorted ? { sortClause: sorted } : {}),
    },
  };
  const key = Object.keys(node)[0]!;
  return { [key]: { ...view, query } };
}

function nameOf(from: Node): string | undefined {
  const [source] = Object.values(from) as {
    alias?: { aliasname: string };
    relname?: string;
    relation?: Node;
  }[];
  // TABLESAMPLE has the table inside.
  if (from['RangeTableSample']) return nameOf(source!.relation!);
  return source?.alias?.aliasname ?? source?.relname;
}

function outputName(target: Node): string | undefined {
  const { ResTarget: result } = target as { ResTarget: { name?: string; val: Node } };
  return result.name ?? columnOf(result.val);
}

/** Whether the output column of this name is the table's column of this name. */
function isPlainOutput(select: Node, field: string, table: string): boolean {
  return (select['targetList'] as Node[]).every((target) => {
    const { ResTarget: result } = target as { ResTarget: { val: Node } };
    return outputName(target) !== field || columnOf(strip(result.val, table)) === field;
  });
}

/** The column name of a reference; undefined for anything else. */
function columnOf(tree: Tree): string | undefined {
  const { fields } = ((tree as Node)['ColumnRef'] ?? {}) as { fields?: Node[] };
  const { String: last } = (fields?.at(-1) ?? {}) as { String?: { sval: string } };
  return last?.sval;
}

/** Removes the qualifier, but not in inner queries. */
function strip(tree: Tree, table: string): Tree {
  if (Array.isArray(tree)) return tree.map((one) => strip(one, table));
  if (tree === null || typeof tree !== 'object' || 'SelectStmt' in tree) return tree;
  const { ColumnRef: reference } = tree as { ColumnRef?: { fields: Node[] } };
  if (reference?.fields.length === 2) {
    const { String: qualifier } = reference.fields[0] as { String?: { sval: string } };
    if (qualifier?.sval === table) return { ColumnRef: { fields: [reference.fields[1]!] } };
  }
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, strip(value, table)]));
}
