import type { Command } from '../../system/command.ts';
/**
 * The command as somebody else than root, whom PostgreSQL refuses: in a user namespace of its own, where root's files
 * stay root's and no account is needed; where namespaces are not allowed, as another account that is given the folder.
 *
 * @param folder what the command writes to
 * @throws ConfigurationError where neither works
 */
export declare function unprivileged(command: Command, folder: string): Promise<Command>;
