/**
 * Splits a line into words like a shell. It removes quotes and backslashes, but expands no variables.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
 */
export function shellWords(line: string): string[] {
  const words = line.matchAll(/(?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+/g);
  return [...words].map(([word]) =>
    word.replaceAll(/'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g, (_all, single, double, escaped) =>
      String(single ?? (double as string | undefined)?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped),
    ),
  );
}

/** Replaces `sh -c '…'` by the words of its script: `sh -c 'exec postgres -p 5433'`. */
function unwrapped(words: readonly string[]): string[] {
  const at = words.findIndex(
    (word, index) => /(^|\/)(ba|da|a)?sh$/.test(word) && /^-\w*c$/.test(words[index + 1] ?? ''),
  );
  return at < 0 ? [...words] : [...words.slice(0, at), ...shellWords(words[at + 2] ?? '')];
}

/** Options of postgres that are short for settings. https://www.postgresql.org/docs/current/app-postgres.html */
const SERVER: Readonly<Record<string, string>> = {
  p: 'port',
  h: 'listen_addresses',
  k: 'unix_socket_directories',
  D: 'data_directory',
};

/** The settings in a server's command, by name. Of several for one name the last one counts, as for the server. */
export function serverSettings(start: readonly string[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const assign = (text: string): void => {
    const [, name, value] = text.match(/^([\w.-]+)=([^]*)$/) ?? [];
    if (name !== undefined) settings.set(name.replaceAll('-', '_'), value!);
  };
  const words = unwrapped(start);
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word.startsWith('--')) {
      assign(word.slice(2));
      continue;
    }
    const [, flag, attached] = word.match(/^-([cphkD])([^]*)$/) ?? [];
    if (flag === undefined) continue;
    const value = attached === '' ? (words[++at] ?? '') : attached!;
    if (flag === 'c') assign(value);
    else settings.set(SERVER[flag]!, value);
  }
  return settings;
}

/** Short options of initdb that take a value. https://www.postgresql.org/docs/current/app-initdb.html */
const INITDB: Readonly<Record<string, string>> = {
  ...{ A: 'auth', D: 'pgdata', E: 'encoding', U: 'username', X: 'waldir', T: 'text-search-config' },
  ...{ c: 'set', L: '' },
};
const INITDB_FLAGS: Readonly<Record<string, string>> = { W: 'pwprompt' };
const WITH_VALUE =
  /^(auth(-host|-local)?|pgdata|encoding|username|waldir|pwfile|set|locale(-provider)?|icu-(locale|rules)|builtin-locale|lc-\w+|wal-segsize|text-search-config)$/;

/** Parses POSTGRES_INITDB_ARGS: the options by their long names, and the settings of `--set`. */
export function initdbOptions(line: string): {
  readonly options: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
} {
  const options = new Map<string, string>();
  const settings = new Map<string, string>();
  const put = (name: string, value: string): void => {
    if (name !== 'set') return void options.set(name, value);
    const [, setting, given] = value.match(/^([\w.-]+)=([^]*)$/) ?? [];
    if (setting !== undefined) settings.set(setting, given!);
  };
  const words = shellWords(line);
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const [, long, value] = word.match(/^--([\w-]+)(?:=([^]*))?$/) ?? [];
    const [, short, attached] = word.match(/^-(\w)([^]*)$/) ?? [];
    if (long !== undefined) put(long, value ?? (WITH_VALUE.test(long) ? (words[++at] ?? '') : ''));
    else if (short !== undefined && Object.hasOwn(INITDB, short))
      put(INITDB[short]!, attached === '' ? (words[++at] ?? '') : attached!);
    else if (short !== undefined && Object.hasOwn(INITDB_FLAGS, short)) put(INITDB_FLAGS[short]!, '');
  }
  return { options, settings };
}
