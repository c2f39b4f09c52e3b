import { createHash, generateKeyPairSync, sign as signWith, type KeyObject } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Something that signs as `ssh-keygen -Y sign` does. */
export interface Key {
  /** As a line of a `.pub` file. */
  readonly publicKey: string;
  readonly sign: (text: string, namespace?: string) => string;
}

/** A key in a file, which signs without a person. */
export function softwareKey(type: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519'): Key {
  const inFolder = <T>(work: (folder: string) => T): T => {
    const folder = mkdtempSync(join(tmpdir(), 'makesafe-key-'));
    try {
      return work(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  const [secret, publicKey] = inFolder((folder) => {
    const file = join(folder, 'key');
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-C', 'taro', '-f', file]);
    return [readFileSync(file, 'utf8'), readFileSync(`${file}.pub`, 'utf8').trim()];
  });
  return {
    publicKey,
    sign: (text, namespace = 'makesafe') =>
      inFolder((folder) => {
        const [key, message] = [join(folder, 'key'), join(folder, 'text')];
        writeFileSync(key, secret, { mode: 0o600 });
        writeFileSync(message, text);
        execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', key, message], {
          stdio: 'ignore',
        });
        return readFileSync(`${message}.sig`, 'utf8');
      }),
  };
}

const TYPE = 'sk-ssh-ed25519@openssh.com';
const APPLICATION = 'ssh:';

/** An SSH string. */
const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const sha = (algorithm: string, value: string | Buffer): Buffer =>
  createHash(algorithm).update(value).digest();
const rawKey = (key: KeyObject): Buffer =>
  Buffer.from((key.export({ format: 'jwk' }) as { x: string }).x, 'base64url');

/**
 * What a security key does, without one: Ed25519 over the hash of the application, flags, a counter, and the hash of what
 * is signed.
 *
 * @param touched what it says of the person's touch
 * @see https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.u2f
 */
export function securityKey(touched = true): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const blob = Buffer.concat([text(TYPE), text(rawKey(publicKey)), text(APPLICATION)]);
  return {
    publicKey: `${TYPE} ${blob.toString('base64')} taro`,
    sign: (message, namespace = 'makesafe') => {
      const inner = [text(namespace), text(''), text('sha512'), text(sha('sha512', message))];
      const signed = Buffer.concat([Buffer.from('SSHSIG'), ...inner]);
      const state = Buffer.from([touched ? 1 : 0, 0, 0, 0, 7]);
      const over = Buffer.concat([sha('sha256', APPLICATION), state, sha('sha256', signed)]);
      const signature = Buffer.concat([text(TYPE), text(signWith(null, over, privateKey)), state]);
      const version = Buffer.from([0, 0, 0, 1]);
      const all = Buffer.concat([
        ...[Buffer.from('SSHSIG'), version, text(blob), text(namespace), text(''), text('sha512')],
        text(signature),
      ]);
      const lines = all.toString('base64').match(/.{1,70}/g)!;
      return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
    },
  };
}
