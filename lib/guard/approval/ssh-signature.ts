/** What a signature says of itself, before it is verified. */
export interface SshSignature {
  /** `ssh-ed25519`, `sk-ssh-ed25519@openssh.com`, … */
  readonly keyType: string;
  /** Of a security key: whether a person touched it for this signature. */
  readonly touched: boolean;
}

const ARMOR = /^-----BEGIN SSH SIGNATURE-----\s([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*$/;

/** SSH_SK_USER_PRESENCE_REQD: the key was touched. */
const TOUCHED = 0x01;

/**
 * Reads the type of the key, and whether it was touched, from a signature of `ssh-keygen -Y sign`. Verifies nothing.
 *
 * @returns undefined if it is no such signature
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.u2f
 */
export function readSignature(armored: string): SshSignature | undefined {
  const base64 = ARMOR.exec(armored.trim())?.[1];
  if (base64 === undefined) return undefined;
  try {
    return parse(Buffer.from(base64.replaceAll(/\s/g, ''), 'base64'));
  } catch {
    // It is cut short.
    return undefined;
  }
}

function parse(blob: Buffer): SshSignature | undefined {
  if (blob.subarray(0, 6).toString('latin1') !== 'SSHSIG' || blob.readUInt32BE(6) !== 1) return undefined;
  const key = text(blob, 10);
  const keyType = text(key.value, 0).value.toString('latin1');
  const namespace = text(blob, key.end);
  const reserved = text(blob, namespace.end);
  const hash = text(blob, reserved.end);
  const signature = text(blob, hash.end).value;
  const bytes = text(signature, text(signature, 0).end);
  const touched = keyType.startsWith('sk-') && (signature.readUInt8(bytes.end) & TOUCHED) !== 0;
  return { keyType, touched };
}

/** An SSH string: its length in four bytes, then its bytes. @throws RangeError if it is cut short */
function text(from: Buffer, at: number): { readonly value: Buffer; readonly end: number } {
  const end = at + 4 + from.readUInt32BE(at);
  if (end > from.length) throw new RangeError('cut short');
  return { value: from.subarray(at + 4, end), end };
}
