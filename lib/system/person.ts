import { userInfo } from 'node:os';

/** The user's account name; behind sudo, also the account that called it. */
export function person(): string {
  const username = accountName();
  const behind = process.env['SUDO_USER'];
  return behind === undefined || behind === username ? username : `${behind} (as ${username})`;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // No account has this id: usual in a container.
    return `uid ${process.getuid?.()}`;
  }
}
