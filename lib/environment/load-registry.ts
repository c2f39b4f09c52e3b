import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ConfigurationError } from '../errors.ts';
import { readText } from '../system/read-bounded.ts';

/** Seconds that it may take: a registry is data, and is there in a tenth of one. */
const TIMEOUT = 10;

/** Bytes that its file may have. */
const MOST = 1 << 20;

type Answer =
  | { readonly value: string | undefined; readonly problems: readonly string[] }
  | { readonly thrown: string; readonly line?: string }
  | { readonly ended: string };

/**
 * What a registry's file exports by default, as plain data. The file runs in a thread of its own: it may end, print,
 * loop, or wait for ever, and this still answers. What it prints goes to standard error, for standard output is ours.
 *
 * @param file relative to the root, as messages name it
 * @throws ConfigurationError naming the file, what is wrong, and where
 */
export async function loadRegistryData(root: string, file: string, signal?: AbortSignal): Promise<unknown> {
  readText(join(root, file), { most: MOST, as: file });
  const answer = await ask(join(root, file), file, signal);
  if ('ended' in answer) {
    throw new ConfigurationError(`${file} ends the program: ${answer.ended}`, { hint: DATA_ONLY });
  }
  if ('thrown' in answer) {
    const line = answer.line === undefined ? '' : ` (line ${answer.line})`;
    throw new ConfigurationError(`${file} cannot be loaded: ${answer.thrown}${line}`);
  }
  if (answer.problems.length > 0) {
    throw new ConfigurationError(`${file} is not valid:\n${answer.problems.join('\n')}`, { hint: DATA_ONLY });
  }
  return answer.value === undefined ? undefined : JSON.parse(answer.value);
}

const DATA_ONLY = 'it is data only: names, texts, lists and true or false';

function ask(path: string, file: string, signal?: AbortSignal): Promise<Answer> {
  const worker = new Worker(new URL('registry-worker.cjs', import.meta.url), {
    workerData: { file: path },
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 128 },
  });
  for (const said of [worker.stdout, worker.stderr]) said.pipe(process.stderr, { end: false });
  return new Promise<Answer>((resolve, reject) => {
    const fail = (what: string): void =>
      reject(new ConfigurationError(`${file} ${what}`, { hint: DATA_ONLY }));
    const timer = setTimeout(
      () => fail(`was not loaded within ${TIMEOUT} s: a loop without an end?`),
      TIMEOUT * 1000,
    );
    const cancel = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', cancel, { once: true });
    worker.once('message', resolve);
    worker.once('error', (error: NodeJS.ErrnoException) =>
      fail(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? 'takes more than 128 MB of memory'
          : `cannot be loaded: ${error.message}`,
      ),
    );
    // Nothing was left to wait for.
    worker.once('exit', () => fail('waits for something that never comes (await)'));
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    };
    worker.once('message', settled).once('error', settled).once('exit', settled);
  }).finally(() => worker.terminate());
}
