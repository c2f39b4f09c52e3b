import { languageTag } from './locale.ts';
import { closingParenthesis } from './names.ts';
import { parseStatements, shapeOf, type Node, type Statement, type Tree } from './syntax.ts';

/** One thing that a definition says. Two definitions mean the same when their facets do. */
export interface Facet {
  readonly class: 'definition' | 'storage';
  /** What it is about, the same on both sides: `column a`. */
  readonly key: string;
  /** What stands in front of it in a message; empty for the object itself. */
  readonly label: string;
  readonly text: string;
  readonly meaning: string;
}

/** A definition taken apart. */
export interface Facets {
  readonly facets: readonly Facet[];
  /** Columns, or attributes of a composite type, in their order. */
  readonly columns: readonly string[];
  /** Constraints inside the definition, whose names can differ by themselves. */
  readonly constraints: readonly InnerConstraint[];
  /** NOT NULL under its usual name, which no definition shows. */
  readonly unnamed: readonly InnerConstraint[];
}

export interface InnerConstraint {
  /** Empty where it is the usual one. */
  readonly name: string;
  readonly text: string;
  readonly meaning: string;
  readonly isNotNull: boolean;
}

type Mutable = {
  facets: Facet[];
  columns: string[];
  constraints: InnerConstraint[];
  unnamed: InnerConstraint[];
};

/** Where options say how something is kept and not what it is. */
const STORAGE_OPTIONS = new Set(['CreateStmt', 'IndexStmt', 'CreateTableAsStmt']);
const STORAGE_COMMANDS = new Set([
  ...['AT_SetStorage', 'AT_SetCompression', 'AT_SetStatistics', 'AT_SetOptions', 'AT_SetRelOptions'],
  ...['AT_ReplicaIdentity', 'AT_ClusterOn', 'AT_SetTableSpace', 'AT_SetAccessMethod'],
]);

/** Takes a definition apart; undefined when it cannot be parsed. */
export function facetsOf(sql: string): Facets | undefined {
  const statements = parseStatements(sql);
  if (!statements) return undefined;
  const found: Mutable = { facets: [], columns: [], constraints: [], unnamed: [] };
  for (const statement of statements) {
    if (statement.kind === 'AlterTableStmt') addCommands(statement, found);
    else addStatement(statement, found);
  }
  return found;
}

function addStatement({ kind, node, text, start }: Statement, found: Mutable): void {
  const storage = STORAGE_OPTIONS.has(kind);
  // The statement of a foreign table has that of a table in it, and a materialized view its options.
  const inner = ['base', 'into'].find((key) => node[key] !== undefined);
  const rest: Node = { ...node, ...(inner === undefined ? {} : { [inner]: { ...(node[inner] as Node) } }) };
  const places: Node[] = inner === undefined ? [rest] : [rest[inner] as Node, rest];
  let tail = text;
  for (const place of places) {
    for (const name of ['options', 'definition', 'params']) {
      const options = place[name];
      if (!isOptions(options)) continue;
      delete place[name];
      for (const option of options) {
        if (isUsualMultirange(option['DefElem'] as Node, node)) continue;
        const facet = optionFacet(option['DefElem'] as Node, kind, isIcu(options));
        found.facets.push({ class: storage || place !== rest ? 'storage' : 'definition', ...facet });
      }
    }
    const elements = (place['tableElts'] ?? place['coldeflist']) as Node[] | undefined;
    if (elements) {
      tail = addElements(elements, text, start, found);
      delete place['tableElts'];
      delete place['coldeflist'];
    }
    for (const name of ['relation', 'sequence']) {
      const { relpersistence, ...relation } = (place[name] ?? {}) as Node;
      if (!relpersistence) continue;
      place[name] = relation;
      if (!kind.startsWith('Create') || relpersistence !== 'u') continue;
      const [key, unlogged] = ['persistence', 'UNLOGGED'];
      found.facets.push({ class: 'storage', key, label: '', text: unlogged, meaning: unlogged });
    }
  }
  if (kind === 'CreateDomainStmt' && rest['constraints']) {
    rest['constraints'] = takeNames(rest['constraints'] as Node[], found);
  }
  found.facets.push({
    class: 'definition',
    key: kind,
    label: '',
    text: tail,
    meaning: shapeOf({ [kind]: rest }),
  });
}

/** @returns what follows the elements */
function addElements(elements: Node[], text: string, start: number, found: Mutable): string {
  const bytes = Buffer.from(text);
  const place = (node: Node): number => ((Object.values(node)[0] as Node)['location'] as number) - start;
  const places = elements.map(place);
  const from = places[0] ?? bytes.indexOf('(') + 1;
  const open = bytes.subarray(0, from).toString().lastIndexOf('(');
  const close = closingParenthesis(text, open);
  const end = Buffer.byteLength(text.slice(0, close));
  elements.forEach((element, index) => {
    const whole = bytes.subarray(places[index], places[index + 1] ?? end).toString();
    const written = whole.trim().replace(/,$/, '');
    const { ColumnDef: column, Constraint: constraint } = element as { ColumnDef?: Node; Constraint?: Node };
    if (column) {
      const name = column['colname'] as string;
      const own = { ...column };
      if (own['constraints']) own['constraints'] = takeNames(own['constraints'] as Node[], found, name);
      found.columns.push(name);
      const type = written.replace(/^(?:"(?:[^"]|"")*"|[^\s"]+)\s*/, '');
      const [key, label] = [`column ${name}`, `column ${name}`];
      found.facets.push({ class: 'definition', key, label, text: type, meaning: shapeOf(own) });
    } else if (constraint) {
      const { conname, ...rest } = constraint;
      const body = written.replace(/^CONSTRAINT (?:"(?:[^"]|"")*"|[^\s"]+)\s*/, '');
      found.constraints.push({
        name: (conname as string) ?? '',
        text: body,
        meaning: shapeOf(rest),
        isNotNull: false,
      });
    }
  });
  return text.slice(close + 1).trim();
}

/** Columns' and domains' constraints may have names too: NOT NULL since 18. */
function takeNames(constraints: Node[], found: Mutable, column = ''): Node[] {
  return constraints.map((one) => {
    const { conname, ...rest } = one['Constraint'] as Node;
    const isNotNull = rest['contype'] === 'CONSTR_NOTNULL';
    if (conname === undefined && !isNotNull) return one;
    const meaning = shapeOf({ column, rest });
    const text = `${column} ${rest['contype'] as string}`.replace('CONSTR_', '').trim();
    const name = (conname as string | undefined) ?? '';
    found[name === '' ? 'unnamed' : 'constraints'].push({ name, text, meaning, isNotNull });
    return { Constraint: { contype: rest['contype']! } };
  });
}

function addCommands({ node, text }: Statement, found: Mutable): void {
  const written = text.replace(
    /^ALTER (?:FOREIGN TABLE|TABLE|INDEX) (?:ONLY )?(?:"(?:[^"]|"")*"|[^\s".])+\.(?:"(?:[^"]|"")*"|[^\s".])+\s+/,
    '',
  );
  for (const command of (node['cmds'] as Node[]).map((one) => one['AlterTableCmd'] as Node)) {
    const [subtype, name] = [command['subtype'] as string, (command['name'] as string | undefined) ?? ''];
    const { options, ...constraint } = ((command['def'] as Node | undefined)?.['Constraint'] ?? {}) as Node;
    const label = subtype === 'AT_AttachPartition' ? 'partition' : '';
    let rest: Node = command;
    if (isOptions(options)) {
      const where = subtype === 'AT_AddConstraint' ? 'storage' : 'definition';
      for (const option of options)
        found.facets.push({ class: where, ...optionFacet(option['DefElem'] as Node) });
      rest = { ...command, def: { Constraint: constraint } };
    }
    found.facets.push({
      class: STORAGE_COMMANDS.has(subtype) ? 'storage' : 'definition',
      key: `${subtype} ${name}`,
      label,
      text: written,
      meaning: shapeOf({ relation: node['relation']!, rest }),
    });
  }
}

const isOptions = (tree: Tree | undefined): tree is Node[] =>
  Array.isArray(tree) && tree.length > 0 && tree.every((one) => (one as Node)['DefElem'] !== undefined);

/** The name that PostgreSQL gives where none is given; servers before 14 have no such type. */
function isUsualMultirange(option: Node, { typeName }: Node): boolean {
  if (option['defname'] !== 'multirange_type_name') return false;
  const range = textOf((typeName as Node[]).at(-1));
  const usual = range.includes('range') ? range.replace('range', 'multirange') : `${range}_multirange`;
  return textOf(option['arg']) === usual;
}

/** Of a collation. */
const isIcu = (options: readonly Node[]): boolean =>
  options.some(({ DefElem: option }) => {
    const { defname, arg } = option as Node;
    return defname === 'provider' && textOf(arg) === 'icu';
  });

function optionFacet(option: Node, kind = '', icu = false): Omit<Facet, 'class'> {
  const name = option['defname'] as string;
  const setting = (option['arg'] as Node | undefined)?.['VariableSetStmt'] as Node | undefined;
  // AS is the type of a sequence.
  const called = name !== 'as' ? name : kind === 'CreateFunctionStmt' ? 'body' : 'type';
  const label = setting ? `setting ${setting['name'] as string}` : called;
  return {
    key: `option ${option['defnamespace'] as string} ${label}`,
    label,
    text: textOf(option['arg']),
    meaning: icu && name === 'locale' ? languageTag(textOf(option['arg'])) : shapeOf(option),
  };
}

/** The value of an option, as far as it is short and plain. */
function textOf(tree: Tree | undefined): string {
  if (tree === undefined || tree === null) return 'none';
  if (Array.isArray(tree)) return tree.map(textOf).join(', ');
  if (typeof tree !== 'object') return String(tree);
  const [[kind, value]] = Object.entries(tree) as [[string, Node]];
  if (kind === 'A_Const')
    return textOf({ value: value['sval'] ?? value['ival'] ?? value['fval'] ?? value['boolval'] ?? {} });
  if (kind === 'VariableSetStmt') return textOf(value['args']);
  if (kind === 'TypeName') return textOf((value['names'] as Node[]).at(-1));
  if (kind === 'Boolean') return value['boolval'] === true ? 'true' : 'false';
  return textOf(value['sval'] ?? value['ival'] ?? value['fval'] ?? value['items'] ?? '0');
}
