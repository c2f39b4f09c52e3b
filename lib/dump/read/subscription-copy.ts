import { parseStatements, type Node } from '../../sql/syntax.ts';
import { quoteName, quoteText } from '../../sql/quote.ts';

/** Options that also make sense in a copy. A copy may not connect, be enabled, or use the slot. */
const KEPT =
  /^(?:binary|streaming|disable_on_error|password_required|run_as_owner|origin|synchronous_commit)$/;

/**
 * CREATE SUBSCRIPTION of a dump, changed so that the copy is disabled, has no slot and never connects to the publisher.
 *
 * @returns undefined for anything but a single CREATE SUBSCRIPTION
 */
export function asCopy(sql: string): string | undefined {
  const statements = parseStatements(sql);
  const [statement] = statements ?? [];
  if (statements?.length !== 1 || statement?.kind !== 'CreateSubscriptionStmt') return undefined;
  const { subname, conninfo, publication, options = [] } = statement.node;
  const publications = (publication as Node[]).map((one) => textOf(one));
  const kept = (options as Node[])
    .map((option) => option['DefElem'] as Node)
    .flatMap((element) => {
      const name = element['defname'] as string;
      const value = textOf(element['arg'] as Node);
      return KEPT.test(name) ? [`${name} = ${quoteText(value)}`] : [];
    });
  const off = ['connect = false', 'enabled = false', 'create_slot = false', 'slot_name = NONE'];
  return [
    `CREATE SUBSCRIPTION ${quoteName(subname as string)} CONNECTION ${quoteText(conninfo as string)}`,
    `PUBLICATION ${publications.map(quoteName).join(', ')} WITH (${[...off, ...kept].join(', ')})`,
  ].join(' ');
}

/** The value of an option as text. The parser treats a bare word as the name of a type. */
function textOf(node: Node | undefined): string {
  if (node === undefined) return 'true';
  const [[kind, value]] = Object.entries(node) as [[string, Node]];
  if (kind === 'TypeName') return textOf((value['names'] as Node[]).at(-1));
  const plain = value['sval'] ?? value['ival'] ?? value['boolval'] ?? '';
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
