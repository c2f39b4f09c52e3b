import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { messageOf } from '../errors.ts';
import { readText } from '../system/read-bounded.ts';

/** One variable and the place that defined it. */
export interface Variable {
  readonly value: string;
  /** `env/.env.vm_stg:3` */
  readonly place: string;
  readonly secret: boolean;
  /** True if every reader of env files gets the same value: no quotes, `$`, `#`, backslash or blank in it. */
  readonly plain: boolean;
}

export interface EnvFiles {
  readonly variables: ReadonlyMap<string, Variable>;
  /** Errors, with file and line: the files cannot be used. */
  readonly problems: readonly string[];
  /** Warnings, with the file: the files can be used. */
  readonly warnings: readonly string[];
}

export interface EnvFile {
  /** Relative to the project's root. */
  readonly path: string;
  readonly secret: boolean;
}

/** Reads env files in order; later files override earlier ones. Collects all problems before it returns. */
export function readEnvFiles(root: string, files: readonly EnvFile[]): EnvFiles {
  const variables = new Map<string, Variable>();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    const path = join(root, file.path);
    let content: string;
    try {
      content = readText(path, { as: file.path });
    } catch (error) {
      problems.push(messageOf(error));
      continue;
    }
    const mode = statSync(path).mode & 0o777;
    if (file.secret && mode & 0o077) {
      warnings.push(`${file.path} is readable by others (mode ${mode.toString(8)}): chmod 600 ${file.path}`);
    }
    const { lines, malformed } = scan(content);
    problems.push(...malformed.map(({ line, what }) => `${file.path}:${line}: ${what}`));
    for (const [name, read] of Object.entries(parse(content))) {
      const { line, raw } = lines.get(name) ?? { line: 1, raw: '' };
      const value = raw.startsWith("'") ? read : expanded(read, variables);
      const plain = /^[^\s"'`$#\\]*$/.test(raw);
      variables.set(name, {
        value,
        place: `${file.path}:${line}`,
        secret: isSecret(name, value, file),
        plain,
      });
    }
  }
  return { variables, problems, warnings };
}

/**
 * Replaces references to variables that the env files have already defined, as compose does:
 * `POSTGRES_PASSWORD=${OTHER}`. Leaves any other text with a dollar sign unchanged.
 *
 * https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
function expanded(text: string, known: EnvFiles['variables']): string {
  const reference = /\$(?:\{(\w+)(?:(:?)-([^{}]*))?\}|([A-Za-z_]\w*))/g;
  return text.replaceAll(
    reference,
    (whole, braced?: string, colon?: string, other?: string, bare?: string) => {
      const name = braced ?? bare!;
      const value = known.get(name)?.value;
      if (value !== undefined && !(value === '' && colon === ':')) return value;
      // Compose would use the shell's value, so the default would be wrong.
      return other !== undefined && process.env[name] === undefined ? other : (value ?? whole);
    },
  );
}

/** In a secrets file everything is secret but the database's name and user; elsewhere, whatever looks like a secret. */
const isSecret = (name: string, value: string, file: EnvFile): boolean =>
  looksSecret(name, value) || (file.secret && name !== 'POSTGRES_USER' && name !== 'POSTGRES_DB');

/** Whether the name is that of a secret, or the value is a URL with a password. */
export const looksSecret = (name: string, value: string): boolean =>
  /:\/\/[^/@\s]*:[^/@\s]+@/.test(value) || isSecretName(name);

/** `PWD` alone is the working directory; `DB_PWD` is a password. */
export const isSecretName = (name: string): boolean =>
  !/^(OLD)?PWD$/.test(name) &&
  /PASS(WORD|WD|PHRASE|_|$)|PWD|SECRET|TOKEN|PRIVATE|API_?KEY|CREDENTIAL/i.test(name);

/**
 * The line of each variable, and the malformed lines. dotenv ignores a malformed line without a message; compose stops
 * and prints it, although it may hold a secret.
 */
function scan(content: string): {
  lines: Map<string, { line: number; raw: string }>;
  malformed: { line: number; what: string }[];
} {
  const lines = new Map<string, { line: number; raw: string }>();
  const malformed: { line: number; what: string }[] = [];
  const rows = content.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let row = 0; row < rows.length; row++) {
    const text = rows[row]!;
    if (/^\s*(#|$)/.test(text)) continue;
    // Compose would keep the invalid bytes, and dotenv would replace them.
    if (text.includes('\ufffd')) malformed.push({ line: row + 1, what: 'is not UTF-8' });
    const [, name, raw] = text.match(/^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/) ?? [];
    if (name === undefined) {
      malformed.push({ line: row + 1, what: 'is not of the form NAME=value' });
      continue;
    }
    lines.set(name, { line: row + 1, raw: raw! });
    const quote = /^["'`]/.exec(raw!)?.[0];
    if (quote === undefined) continue;
    // A quoted value may continue over several lines.
    const first = row;
    let rest = raw!.slice(1);
    let end: number;
    while ((end = closing(rest, quote)) < 0 && row < rows.length) rest = rows[++row] ?? '';
    if (row >= rows.length) {
      malformed.push({
        line: first + 1,
        what: `the value of ${name} begins with ${quote}, which is never closed`,
      });
      row = first;
    } else if (!/^\s*(#|$)/.test(rest.slice(end + 1))) {
      // Readers of env files disagree on where this value ends.
      malformed.push({ line: row + 1, what: `there is text behind the closing ${quote} of ${name}` });
    }
  }
  return { lines, malformed };
}

/** Position of the closing quote; -1 without one. A backslash escapes the next character. */
function closing(text: string, quote: string): number {
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}
