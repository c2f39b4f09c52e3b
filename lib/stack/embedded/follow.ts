import { createReadStream, watch } from 'node:fs';
import { stat } from 'node:fs/promises';

/** Shows what is appended to a file until the signal is aborted. */
export async function followFile(
  file: string,
  show: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let { size: at } = await stat(file);
  await new Promise<void>((done) => {
    const watcher = watch(file, () => {
      const appended = createReadStream(file, { start: at, encoding: 'utf8' });
      appended.on('data', (chunk) => {
        at += Buffer.byteLength(chunk);
        show(String(chunk).trimEnd());
      });
    });
    signal.addEventListener('abort', () => {
      watcher.close();
      done();
    });
  });
}
