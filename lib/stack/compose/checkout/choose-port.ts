import { createHash } from 'node:crypto';

/** Below those that the system gives to outgoing connections (32768 on Linux), and above those of well-known servers. */
const [FIRST, COUNT] = [20_000, 12_000];

/**
 * A port for a checkout. Derived from its folder, so that two checkouts seldom want the same one; if it is taken, the
 * next one that is free.
 */
export async function choosePort(
  root: string,
  environment: string,
  published: string,
  isFree: (port: number) => boolean | Promise<boolean>,
): Promise<number> {
  const digest = createHash('sha256').update([root, environment, published].join('\0')).digest();
  const begin = digest.readUInt32BE() % COUNT;
  for (let step = 0; step < COUNT; step++) {
    const port = FIRST + ((begin + step) % COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port between ${FIRST} and ${FIRST + COUNT} is free`);
}
