import {
  addDomainConstraint,
  NAME_OF_CONSTRAINT,
  takeNames,
  type InnerConstraint,
} from './inner-constraints.ts';
import { closingParenthesis } from './names.ts';
import { isIcu, isOptions, isUsualMultirange, optionFacet, textOf } from './options.ts';
import { parseStatements, shapeOf, type Node, type ParsedStatement } from '../../sql/syntax.ts';
import type { Facet, Facets } from './facet.ts';

type Mutable = {
  facets: Facet[];
  /** Columns by name, each with the index of its facet. */
  columns: Map<string, { node: Node; at: number }>;
  constraints: InnerConstraint[];
  unnamed: InnerConstraint[];
};

/** Statements whose options say how something is stored, not what it is. */
const STORAGE_OPTIONS = new Set(['CreateStmt', 'IndexStmt', 'CreateTableAsStmt']);
const STORAGE_COMMANDS = new Set([
  ...['AT_SetStorage', 'AT_SetCompression', 'AT_SetStatistics', 'AT_SetOptions', 'AT_SetRelOptions'],
  ...['AT_ReplicaIdentity', 'AT_ClusterOn', 'AT_SetTableSpace', 'AT_SetAccessMethod'],
]);

/** Splits a definition into facets; undefined if it cannot be parsed. */
export function facetsOf(sql: string): Facets | undefined {
  const statements = parseStatements(sql);
  if (!statements) return undefined;
  const found: Mutable = { facets: [], columns: new Map(), constraints: [], unnamed: [] };
  for (const statement of statements) {
    if (statement.kind === 'AlterTableStmt') addCommands(statement, found);
    else if (!addDomainConstraint(statement, found)) addStatement(statement, found);
  }
  const columns = [...found.columns.keys()];
  const having = (type: string): string[] =>
    columns.filter((name) =>
      constraintsOf(found.columns.get(name)!.node).some((one) => typeOf(one) === type),
    );
  return { ...found, columns, defaults: having('CONSTR_DEFAULT'), notNulls: having('CONSTR_NOTNULL') };
}

const constraintsOf = (column: Node): Node[] => (column['constraints'] as Node[] | undefined) ?? [];
const typeOf = ({ Constraint: one }: Node): string => (one as Node)['contype'] as string;

const columnFacet = (name: string, node: Node, text: string): Facet => ({
  ...{ class: 'definition', key: `column ${name}`, label: `column ${name}` },
  ...{ text, meaning: shapeOf(node) },
});

function addStatement({ kind, node, text, start }: ParsedStatement, found: Mutable): void {
  const storage = STORAGE_OPTIONS.has(kind);
  // A foreign table's statement contains that of a table, and a materialized view's contains its options.
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
  if (kind === 'CreateDomainStmt') {
    const named = takeNames(constraintsOf(rest), found, '', { text, start });
    rest['constraints'] = named.filter((one) => typeOf(one) !== 'CONSTR_CHECK');
  }
  found.facets.push({
    class: 'definition',
    key: kind,
    label: '',
    text: tail,
    meaning: shapeOf({ [kind]: rest }),
  });
}

/** @returns the text after the elements */
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
      const type = written.replace(/^(?:"(?:[^"]|"")*"|[^\s"]+)\s*/, '');
      found.columns.set(name, { node: own, at: found.facets.length });
      found.facets.push(columnFacet(name, own, type));
    } else if (constraint) {
      const { conname, ...rest } = constraint;
      const body = written.replace(NAME_OF_CONSTRAINT, '');
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

function addCommands({ node, text }: ParsedStatement, found: Mutable): void {
  const written = text.replace(
    /^ALTER (?:FOREIGN TABLE|TABLE|INDEX) (?:ONLY )?(?:"(?:[^"]|"")*"|[^\s".])+\.(?:"(?:[^"]|"")*"|[^\s".])+\s+/,
    '',
  );
  for (const command of (node['cmds'] as Node[]).map((one) => one['AlterTableCmd'] as Node)) {
    const [subtype, name] = [command['subtype'] as string, (command['name'] as string | undefined) ?? ''];
    const { options, ...constraint } = ((command['def'] as Node | undefined)?.['Constraint'] ?? {}) as Node;
    const label = subtype === 'AT_AttachPartition' ? 'partition' : '';
    if (constraint['contype'] === 'CONSTR_CHECK') {
      const { conname, ...check } = constraint;
      const body = written.replace(NAME_OF_CONSTRAINT, '').replace(/;$/, '');
      found.constraints.push({
        name: conname as string,
        text: body,
        meaning: shapeOf(check),
        isNotNull: false,
      });
      continue;
    }
    if (constraint['contype'] === 'CONSTR_NOTNULL' && addNotNull(constraint, found)) continue;
    if (subtype === 'AT_ColumnDefault' && addDefault(name, command, written, found)) continue;
    let rest: Node = command;
    if (isOptions(options)) {
      const where = subtype === 'AT_AddConstraint' ? 'storage' : 'definition';
      for (const option of options)
        found.facets.push({ class: where, ...optionFacet(option['DefElem'] as Node) });
      rest = { ...command, def: { Constraint: constraint } };
    }
    found.facets.push({
      class: STORAGE_COMMANDS.has(subtype) ? 'storage' : 'definition',
      key: `${/^AT_(?:En|Dis)able\w*Trig$/.test(subtype) ? 'trigger' : subtype} ${name}`,
      label,
      text: written,
      meaning: shapeOf({ relation: node['relation']!, rest }),
    });
  }
}

/** Adds a NOT NULL to a column of the same definition: one that is NOT VALID is a separate statement. */
function addNotNull(constraint: Node, { columns, facets }: Mutable): boolean {
  const name = textOf(constraint['keys']);
  const column = columns.get(name);
  if (!column) return false;
  const own = { Constraint: { contype: 'CONSTR_NOTNULL', skip_validation: true } };
  const node = { ...column.node, constraints: [...constraintsOf(column.node), own] };
  facets[column.at] = columnFacet(name, node, `${facets[column.at]!.text} NOT NULL NOT VALID`);
  return true;
}

/** Adds a default to a column of the same definition, before NOT NULL, where PostgreSQL prints it. */
function addDefault(name: string, { def }: Node, written: string, { columns, facets }: Mutable): boolean {
  const column = columns.get(name);
  if (!column) return false;
  const own = { Constraint: { contype: 'CONSTR_DEFAULT', raw_expr: def! } };
  const node = { ...column.node, constraints: [own, ...constraintsOf(column.node)] };
  const [, value = ''] = /( DEFAULT .*?);?$/s.exec(written) ?? [];
  const text = facets[column.at]!.text.replace(/(?: CONSTRAINT \S+)?(?: NOT NULL)?$/, (rest) => value + rest);
  columns.set(name, { ...column, node });
  facets[column.at] = columnFacet(name, node, text);
  return true;
}
