import { parseStatements, type Node, type Tree } from '../../sql/syntax.ts';

/** The roles that a statement names, found with PostgreSQL's own parser. First await `loadParser`. */
export function namedRoles(sql: string): ReadonlySet<string> {
  const found = new Set<string>();
  const walk = (tree: Tree | undefined): void => {
    if (Array.isArray(tree)) return tree.forEach(walk);
    if (tree === null || typeof tree !== 'object') return;
    for (const [key, value] of Object.entries(tree)) {
      // `newowner` and `owner` have the same form, but without the node type around them.
      const role = (value as Node | null)?.['rolename'];
      if (typeof role === 'string') found.add(role);
      else if (key !== 'location') walk(value);
    }
  };
  for (const { kind, node } of parseStatements(sql) ?? []) {
    walk(node);
    // SET ROLE and SET SESSION AUTHORIZATION have a value like any other setting.
    if (kind === 'VariableSetStmt' && /^(?:role|session_authorization)$/.test(node['name'] as string)) {
      const [value] = (node['args'] ?? []) as Node[];
      const text = ((value?.['A_Const'] as Node | undefined)?.['sval'] as Node | undefined)?.['sval'];
      if (typeof text === 'string') found.add(text);
    }
  }
  return found;
}
