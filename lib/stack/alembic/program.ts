import { readFileSync } from 'node:fs';

const sources = new Map<string, string>();

/** The text of a file beside this one, read once. */
function sourceOf(file: string): string {
  if (!sources.has(file)) sources.set(file, readFileSync(new URL(file, import.meta.url), 'utf8'));
  return sources.get(file)!;
}

/**
 * A program for Python.
 *
 * @param parts `bound` for bound_alembic.py, and those that extend it
 * @param given what its `main` gets
 */
export function programOf(parts: readonly string[], given: object): string {
  // A JSON string of these characters only is also a Python string.
  const quoted = JSON.stringify(JSON.stringify(given)).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const files = parts.map((part) => sourceOf(`./${part}_alembic.py`));
  return `${files.join('\n\n')}\n\nmain(json.loads(${quoted}))\n`;
}
