import { createServer } from 'node:net';
import { join } from 'node:path';
import { writeWhole } from '../../system/files.ts';
import { readTextIfThere } from '../../system/read-bounded.ts';

/** The port that this server had before, if no other program has it now; else a free one, which is kept. */
export async function choosePort(folder: string): Promise<number> {
  const file = join(folder, 'port');
  const kept = Number(readTextIfThere(file) ?? 0);
  const port = kept > 0 && (await isFree(kept)) ? kept : await freePort();
  if (port !== kept) await writeWhole(file, 0o644, (output) => void output.write(`${port}\n`));
  return port;
}

const isFree = (port: number): Promise<boolean> =>
  listen(port).then(
    () => true,
    () => false,
  );
const freePort = (): Promise<number> => listen(0);

/** Listens for a moment, and tells on which port. */
function listen(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
