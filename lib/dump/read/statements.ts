import type { Statement } from '../../sql/lexer.ts';

/** What pg_dump --create writes of the database itself: it is there, with the attributes of the environment. */
export function isAboutDatabase({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean {
  const [first, second, third] = words;
  if (/^(?:CREATE|ALTER|DROP)$/.test(first ?? '') && second === 'DATABASE') return true;
  if (first === 'ALTER' && second === 'ROLE') return /\bIN DATABASE\b/.test(sql.slice(0, 1000));
  if (first === 'SECURITY') return /\bON DATABASE\b/.test(sql.slice(0, 1000));
  return first === 'COMMENT' && third === 'DATABASE';
}

/** Whether pg_restore --no-owner --no-acl would leave a statement of pg_dump's text out. */
export function isAboutRoles({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean {
  const [first, second, third] = words;
  if (first === 'GRANT' || first === 'REVOKE') return true;
  // Versions before 11 write it without --create as well.
  if (first === 'COMMENT' && third === 'DATABASE') return true;
  if (first === 'ALTER')
    return (
      (second === 'DEFAULT' && third === 'PRIVILEGES') ||
      / OWNER TO (?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+);$/.test(sql)
    );
  // For privileges that somebody else granted.
  return (first === 'SET' || first === 'RESET') && second === 'SESSION' && third === 'AUTHORIZATION';
}
