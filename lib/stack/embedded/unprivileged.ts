import { statSync } from 'node:fs';
import type { Command } from '../../system/command.ts';
import { ConfigurationError, UnreachableError } from '../../errors.ts';
import { run } from '../../system/process.ts';
import { readText } from '../../system/read-bounded.ts';

/**
 * PostgreSQL refuses to run as root. For root, this wraps the command: in a user namespace, so that root's files stay
 * root's. If namespaces are not allowed, it runs as another account, which becomes the owner of the folder.
 *
 * @param folder the folder that the command writes to
 * @returns the command unchanged for any other user
 * @throws ConfigurationError if neither works
 */
export async function unprivileged(command: Command, folder: string): Promise<Command> {
  if (process.getuid?.() !== 0) return command;
  const { uid, gid } = ordinaryAccount();
  const wrap = (file: string, ...args: string[]): Command => ({
    file,
    args: [...args, command.file, ...command.args],
  });
  const namespace = ['--user', `--map-user=${uid}`, `--map-group=${gid}`];
  if (await works({ file: 'unshare', args: [...namespace, 'true'] })) {
    // An earlier run without namespaces may have given the folder to that account; then this one cannot enter it.
    if (statSync(folder, { throwIfNoEntry: false })?.uid === uid)
      await works({ file: 'chown', args: ['-R', '0:0', folder] });
    return wrap('unshare', ...namespace);
  }
  const account = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const reaches = await works({ file: 'setpriv', args: [...account, 'test', '-x', command.file] });
  if (reaches && (await works({ file: 'chown', args: ['-R', `${uid}:${gid}`, folder] }))) {
    return wrap('setpriv', ...account);
  }
  throw new ConfigurationError('PostgreSQL does not run as root, and no other account can run it here', {
    hint: "work as an ordinary user, or use the compose stack: set stack: 'compose' in env/environments.ts",
  });
}

/** PostgreSQL looks up its account, so the account must exist: `nobody`, or else the first one that is not root. */
function ordinaryAccount(): { uid: number; gid: number } {
  const accounts = readText('/etc/passwd')
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name, , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => uid > 0);
  const found = accounts.find(({ name }) => name === 'nobody') ?? accounts[0];
  return found ?? { uid: 65534, gid: 65534 };
}

async function works(command: Command): Promise<boolean> {
  try {
    return (await run(command)).status === 0;
  } catch (error) {
    if (error instanceof UnreachableError) return false;
    throw error;
  }
}
