import { join } from 'node:path';
import { RefusedError, UnreachableError } from '../../errors.ts';
import { writeNewSync } from '../../system/files.ts';
import { inPrivateFolder } from '../../system/private-folder.ts';
import { run, type Result } from '../../system/process.ts';
import { NAMESPACE } from './signed-text.ts';
import { readSignature } from './ssh-signature.ts';

/** Who may approve. */
export interface Signers {
  /** Public keys, as lines of `.pub` files. */
  readonly keys: readonly string[];
  /** Whether keys count that sign without a person. */
  readonly software: boolean;
}

const WHO = 'approver';

/**
 * Verifies a signature with `ssh-keygen -Y verify`.
 *
 * @returns the fingerprint of the key, or why the signature does not count
 * @throws RefusedError if this machine has no ssh-keygen
 */
export async function verify(
  text: string,
  signature: string,
  { keys, software }: Signers,
): Promise<{ readonly fingerprint: string } | { readonly refused: string }> {
  const read = readSignature(signature);
  if (!read) return { refused: 'it is no signature of ssh-keygen' };
  if (!software && !read.keyType.startsWith('sk-'))
    return { refused: `it is by a key of type ${read.keyType}, and only security keys (sk-…) count` };
  if (!software && !read.touched) return { refused: 'its security key was not touched' };
  let result: Result | undefined;
  await inPrivateFolder(async (folder) => {
    const [signers, signed] = [join(folder, 'allowed_signers'), join(folder, 'signature')];
    const allowed = keys.map((key) => `${WHO} namespaces="${NAMESPACE}" ${key}\n`).join('');
    writeNewSync(signers, allowed, 0o600);
    writeNewSync(signed, `${signature.trim()}\n`, 0o600);
    const args = ['-Y', 'verify', '-f', signers, '-I', WHO, '-n', NAMESPACE, '-s', signed];
    result = await run({ file: 'ssh-keygen', args }, { input: text }).catch((error: unknown) => {
      if (!(error instanceof UnreachableError)) throw error;
      throw new RefusedError('refused; nothing was touched\nno ssh-keygen here, which verifies approvals', {
        hint: 'install OpenSSH (Debian: openssh-client), then type this again',
        cause: error,
      });
    });
  });
  const { status, stdout } = result!;
  if (status !== 0) return { refused: 'it is not by one of the keys in `approve`, or of another text' };
  return { fingerprint: /SHA256:\S+/.exec(stdout)?.[0] ?? 'a key of `approve`' };
}
