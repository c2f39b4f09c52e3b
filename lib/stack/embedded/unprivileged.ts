import { statSync } from 'node:fs';
import type { Command } from '../../system/command.ts';
import { ConfigurationError, UnreachableError } from '../../errors.ts';
import { run } from '../../system/process.ts';
import { readText } from '../../system/read-bounded.ts';

/**
 * The command as somebody else than root, whom PostgreSQL refuses: in a user namespace of its own, where root's files
 * stay root's and no account is needed; where namespaces are not allowed, as another account that is given the folder.
 *
 * @param folder what the command writes to
 * @throws ConfigurationError where neither works
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
    // In the namespace nobody may enter what was given to that account once, when namespaces did not work.
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

/** PostgreSQL looks its account up, so it must be one that exists; nobody, on a system without people. */
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
