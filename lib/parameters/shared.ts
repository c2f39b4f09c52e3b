import { choice, flag, folder, text, wholeNumber } from './kinds.ts';
import type { Parameter } from './parameter.ts';

/** Parameters that several tasks take. */

export const ENV = {
  summary: 'the environment',
  placeholder: '<environment>',
  parse: (given: string): string => given,
};

/** For tasks where a mistake would do harm: ENV has no default, and an exported value does not count. */
export const TYPED_ENV: Parameter<string> = { ...ENV, required: true, commandLineOnly: true };

export const PG_SERVICE = text('the compose service that runs PostgreSQL', {
  defaultNote: "the registry's databaseService, else db",
  placeholder: '<service>',
});

export const TIMEOUT = wholeNumber('seconds that the database gets to answer', {
  default: '60',
  placeholder: '<seconds>',
  min: 1,
  max: 3600,
});

export const ORPHANS = choice('containers of the project that are in none of its files', ['keep', 'remove'], {
  defaultNote: 'remove, by name; keep on a protected environment',
  commandLineOnly: true,
});

export const BOOTSTRAP_ROLES_SQL = text('the script that makes the roles and grants their rights', {
  defaultNote: "the registry's rolesScript, else scripts/db/bootstrap_roles.sql",
  placeholder: '<file>',
});

export const ALEMBIC_INI = text('alembic.ini, as the place that migrates sees it', {
  defaultNote:
    "the registry's alembicIni, else /backend/migrations/alembic.ini in the application's container",
  placeholder: '<file>',
});

export const ALEMBIC = text('the alembic of an environment without containers', {
  defaultNote: '.venv, then each Python on PATH',
  placeholder: '<file>',
});

export const BASE = text('what it is compared with: an environment or a dump file', {
  placeholder: '<environment>',
  defaultNote: 'nothing',
});

export const PRIVILEGES = flag('0 leaves owners and privileges out of the comparison', { default: '1' });

export const BACKUP_FIRST = flag('1 takes a verified backup first (protected: always taken)');

export const KEEP_COPY = flag('0 keeps no copy for db-undo-env (protected: none is kept)', { default: '1' });

export const STRICT = flag('stop at any statement that fails, also where nothing is lost by it');

/** A revision in Alembic's syntax: an id or the beginning of one, head(s), base, `-1`, `+2`, `branch@head`. */
export function revision(summary: string, fallback?: string): Parameter<string> {
  const parse = (given: string): string => {
    // Alembic would read any other word with a leading dash as an option.
    if (!/^(-\d+|[\w@:.+][\w@:.+~-]*)$/.test(given)) throw new Error('is not a revision');
    return given;
  };
  const row = { summary, placeholder: '<revision>', parse };
  return fallback === undefined ? { ...row, required: true } : { ...row, default: fallback };
}

export const HEAD = revision('the revision that it follows, where there are several heads', 'head');

export const BACKUP_DIR = folder('the folder of the backups', { default: 'backups' });

/** What a restore does only if the person typed the word. */
const CONSENTS = ['less', 'extensions', 'uncaged', 'home', 'norights'] as const;
export type Consent = (typeof CONSENTS)[number];

/** Words that have to be typed on the command line, separated by commas. */
export const consents = <const W extends string>(
  words: readonly W[],
  summary: string,
): Parameter<readonly W[]> => ({
  summary,
  placeholder: words.join(','),
  default: '',
  defaultNote: 'nothing',
  commandLineOnly: true,
  parse: (given) =>
    given
      .split(',')
      .filter((word) => word !== '')
      .map((word) => {
        const found = words.find((consent) => consent === word);
        if (found === undefined) throw new Error(`: ${word} is none of ${words.join(', ')}`);
        return found;
      }),
});

export const ALLOW = consents(
  CONSENTS,
  'what is meant: less (the dump brings less than there is), extensions (that only a superuser makes), uncaged (the file runs with all rights of the role), home (the dump is one of the environment itself, with its owners and privileges), norights (without them, also at home)',
);
