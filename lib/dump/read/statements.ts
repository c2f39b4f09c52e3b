import type { Statement } from '../../sql/lexer.ts';

/**
 * Whether pg_dump --create writes this statement for the database itself. It is not run: the database already exists,
 * with the attributes of the environment.
 */
export function isAboutDatabase({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean {
  const [first, second, third] = words;
  if (/^(?:CREATE|ALTER|DROP)$/.test(first ?? '') && second === 'DATABASE') return true;
  if (first === 'ALTER' && second === 'ROLE') return /\bIN DATABASE\b/.test(sql.slice(0, 1000));
  if (first === 'SECURITY') return /\bON DATABASE\b/.test(sql.slice(0, 1000));
  return first === 'COMMENT' && third === 'DATABASE';
}

/** Whether pg_restore --no-owner --no-acl would leave this statement of a dump out. */
export function isAboutRoles({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean {
  const [first, second, third] = words;
  if (first === 'GRANT' || first === 'REVOKE') return true;
  // pg_dump before version 11 writes it even without --create.
  if (first === 'COMMENT' && third === 'DATABASE') return true;
  if (first === 'ALTER')
    return (
      (second === 'DEFAULT' && third === 'PRIVILEGES') ||
      / OWNER TO (?:"(?:[^"]|"")*"|[\w$\u0080-\uffff]+);$/.test(sql)
    );
  // For grants by another role than the owner.
  return (first === 'SET' || first === 'RESET') && second === 'SESSION' && third === 'AUTHORIZATION';
}
