import { join } from 'node:path';
import { writeWhole } from '../../system/files.ts';
import { listenBriefly } from '../../system/port.ts';
import { readTextIfThere } from '../../system/read-bounded.ts';

/** The port that this server used before, if it is free; else another free port. Saves it in the file `port`. */
export async function choosePort(folder: string): Promise<number> {
  const file = join(folder, 'port');
  const kept = Number(readTextIfThere(file) ?? 0);
  const port = kept > 0 && (await isFree(kept)) ? kept : await freePort();
  if (port !== kept) await writeWhole(file, 0o644, (output) => void output.write(`${port}\n`));
  return port;
}

const HERE = '127.0.0.1';
const isFree = (port: number): Promise<boolean> =>
  listenBriefly(port, HERE).then(
    () => true,
    () => false,
  );
const freePort = (): Promise<number> => listenBriefly(0, HERE);
