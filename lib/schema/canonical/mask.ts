import { isSecretByForm } from './mask-form.ts';

const MASK = "'********'";

/** An option as PostgreSQL prints it: its name, quoted if needed, and its value as a literal. */
const OPTION = /((?:"(?:[^"]|"")+"|\w+) )(E?'(?:[^']|'')*')/g;
const SECRET_NAME = /pass|pwd|secret|token|key|credential|auth|private|conn/i;
/** The only options of user mappings that are shown: the others usually are secrets. */
const HARMLESS_NAME = /^"?user(?:name)?"?$/;
/** The same for connection strings. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS */
const HARMLESS_KEYWORD = /^(?:host|hostaddr|port|dbname|user|sslmode|application_name|connect_timeout)$/;

interface Masked {
  readonly text: string;
  /** What was masked, only to compare it; empty if nothing was. */
  readonly secret: string;
}

const FOREIGN = /^(?:USER MAPPING|SERVER|FOREIGN DATA WRAPPER|FOREIGN TABLE)$/;

/** Whether a definition of this kind may have secrets. */
export const hasSecrets = (kind: string): boolean =>
  kind === 'SUBSCRIPTION' || FOREIGN.test(kind) || ROUTINE.test(kind);

/** Settings of a function stand before its body, one per line. */
const ROUTINE = /^(?:FUNCTION|PROCEDURE)$/;
const SET = /^( {4}SET (?:"(?:[^"]|"")+"|\S+) TO )(.*)$/gm;
const BODY = /^ {4}AS |^ *(?:BEGIN ATOMIC|RETURN )/m;

/** Masks secrets in a definition: connection strings of subscriptions, options of foreign objects, settings. */
export function maskSecrets(kind: string, definition: string): Masked {
  if (kind === 'SUBSCRIPTION') {
    return mask(
      definition,
      /( CONNECTION )(E?'(?:[^']|'')*')/g,
      (before, value) => before + maskConnection(value),
    );
  }
  if (ROUTINE.test(kind)) {
    const body = definition.search(BODY);
    const [head, rest] = body < 0 ? [definition, ''] : [definition.slice(0, body), definition.slice(body)];
    const { text, secret } = mask(head, SET, (before, value) =>
      isSecretSetting(before.slice('    SET '.length), value) ? before + MASK : before + value,
    );
    return { text: text + rest, secret };
  }
  if (!FOREIGN.test(kind)) return { text: definition, secret: '' };
  const harmless = (name: string): boolean =>
    kind === 'USER MAPPING' ? HARMLESS_NAME.test(name.trim()) : !SECRET_NAME.test(name);
  // Only options follow after this word. The columns of a foreign table stand before it.
  const from = definition.search(/\bOPTIONS \(/);
  if (from < 0) return { text: definition, secret: '' };
  const { text, secret } = mask(
    definition.slice(from),
    OPTION,
    (name, value) => name + (harmless(name) && !isSecretByForm(value) ? value : MASK),
  );
  return { text: definition.slice(0, from) + text, secret };
}

/** The value of a setting, masked if it is a secret by its name or its form. */
export function maskSetting(name: string, value: string): Masked {
  return isSecretSetting(name, value) ? { text: MASK, secret: value } : { text: value, secret: '' };
}

const isSecretSetting = (name: string, value: string): boolean =>
  (SECRET_NAME.test(name) && !/^"?(?:default_|password_encryption|row_|search_)/.test(name)) ||
  isSecretByForm(value);

function mask(text: string, pattern: RegExp, replace: (before: string, value: string) => string): Masked {
  const secrets: string[] = [];
  const masked = text.replace(pattern, (whole: string, before: string, value: string) => {
    const replaced = replace(before, value);
    if (replaced !== whole) secrets.push(whole);
    return replaced;
  });
  return { text: masked, secret: secrets.join('\n') };
}

/** Masks a connection string completely if its form is not known, for instance `postgresql://…`. */
function maskConnection(literal: string): string {
  const text = literal.replace(/^E?'|'$/g, '').replaceAll("''", "'");
  const pairs = [...text.matchAll(/\s*(\w+)\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s'\\]|\\.)*)/gy)];
  const read = pairs.reduce((length, [whole]) => length + whole.length, 0);
  if (literal.startsWith('E') || text.slice(read).trim() !== '') return MASK;
  const shown = pairs.map(([, keyword, value]) =>
    HARMLESS_KEYWORD.test(keyword!) ? `${keyword}=${value}` : `${keyword}=********`,
  );
  return `'${shown.join(' ').replaceAll("'", "''")}'`;
}
