import type { Statement } from '../../sql/lexer.ts';
/** What pg_dump --create writes of the database itself: it is there, with the attributes of the environment. */
export declare function isAboutDatabase({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean;
/** Whether pg_restore --no-owner --no-acl would leave a statement of pg_dump's text out. */
export declare function isAboutRoles({ words, sql }: Pick<Statement, 'words' | 'sql'>): boolean;
