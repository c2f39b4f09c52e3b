import { userInfo } from 'node:os';

/** Who runs this, also behind sudo. */
export function person(): string {
  const username = accountName();
  const behind = process.env['SUDO_USER'];
  return behind === undefined || behind === username ? username : `${behind} (as ${username})`;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // No account has this id, as in a container.
    return `uid ${process.getuid?.()}`;
  }
}
