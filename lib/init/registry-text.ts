import type { EnvironmentEntry, Registry } from '../environment/entry.ts';

/** The text of env/environments.ts, as a person would write it. */
export function registryText(registry: Registry): string {
  return [
    `import type { Registry } from 'makesafe';`,
    '',
    '/** The environments of this repository. Data only: one entry an environment. */',
    `export default ${literal(hoist(registry), '')} satisfies Registry;`,
    '',
  ].join('\n');
}

/** Moves what all environments have in common to `names`. */
function hoist({ environments, names = {}, ...rest }: Registry): object {
  const entries = Object.values(environments);
  const same = (['composeFile', 'envFiles', 'databaseService', 'application', 'alembicIni'] as const).filter(
    (key) =>
      entries[0]![key] !== undefined &&
      new Set(entries.map((entry) => JSON.stringify(entry[key]))).size === 1,
  );
  const common = Object.fromEntries(same.map((key) => [key, entries[0]![key]]));
  const own = (entry: EnvironmentEntry): object =>
    Object.fromEntries(Object.entries(entry).filter(([key]) => !(same as string[]).includes(key)));
  return {
    ...rest,
    names: { ...common, ...names },
    environments: Object.fromEntries(Object.entries(environments).map(([name, entry]) => [name, own(entry)])),
  };
}

const WIDTH = 100;

/** A value as TypeScript, on one line if it fits. */
function literal(value: unknown, indent: string): string {
  if (typeof value === 'string') return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
  if (typeof value !== 'object' || value === null) return String(value);
  const isList = Array.isArray(value);
  const inner = `${indent}  `;
  const parts = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => (isList ? literal(part, inner) : `${propertyName(key)}: ${literal(part, inner)}`));
  const line = isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`;
  const isSmall = parts.length > 0 && (indent.length > 2 || isList) && line.length + inner.length <= WIDTH;
  if (parts.length === 0) return isList ? '[]' : '{}';
  if (isSmall && !line.includes('\n')) return line;
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join('')}${indent}${close}`;
}

const propertyName = (key: string): string => (/^[A-Za-z_$][\w$]*$/.test(key) ? key : `'${key}'`);
