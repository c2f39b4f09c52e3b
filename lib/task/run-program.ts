import { CancelledError, FailedError, MakesafeError, asKnown, messageOf } from '../errors.ts';
import { BlockedError } from '../guard/person/blocked.ts';
import { sayOn } from '../output/waiting.ts';
import { cancelOnSignals } from '../system/signals.ts';
import { cutAll } from '../system/cancelling.ts';
import { tidyUp } from '../system/tidying.ts';
import { Terminal } from '../output/terminal.ts';
import { wasLeft, wouldBeLeft } from '../system/unfinished.ts';

/** Runs work as a program: the only place that sets an exit code. */
export async function runProgram(
  work: (terminal: Terminal, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const terminal = new Terminal();
  sayOn(terminal);
  const controller = new AbortController();
  // Node ends in silence, with status 0, when nothing is left to wait for but a promise that nobody keeps.
  const lost = (): void => {
    terminal.error('ended without a result; what was being done may be half done');
    process.exitCode = 1;
  };
  process.once('beforeExit', lost);
  const fail = (thrown: unknown): void => {
    const error = asKnown(thrown);
    report(error, terminal);
    process.exitCode = error instanceof MakesafeError ? error.status : 1;
  };
  outliveReaders(fail);
  const forget = cancelOnSignals(controller, terminal, (reason) => {
    fail(reason);
    leave();
  });
  // What was thrown where nobody waits for it, so that it, too, passes the redactor.
  process.once('uncaughtException', (error) => {
    fail(error);
    leave();
  });
  try {
    await work(terminal, controller.signal);
    // A child that was cancelled may have ended well; the person still wanted to stop.
    controller.signal.throwIfAborted();
  } catch (thrown) {
    // Whatever failed after Ctrl-C failed because of it; the action may have said more about the state it left.
    const cancelled = controller.signal.aborted && !(thrown instanceof CancelledError);
    fail(cancelled ? controller.signal.reason : thrown);
  }
  process.off('beforeExit', lost);
  await tidyUp();
  forget();
  // What still waits for somebody, waits for nothing that anybody wants to know.
  setTimeout(leave, controller.signal.aborted ? LINGER / 5 : LINGER).unref();
}

/** Milliseconds after its work in which this process lets go of connections and children by itself. */
const LINGER = 500;

function leave(): void {
  cutAll(new CancelledError('the task has ended'));
  process.exit();
}

/** Whoever read our output may have gone (`… | head`): what was begun is finished all the same. */
function outliveReaders(fail: (error: unknown) => void): void {
  let failed = false;
  const lost = (error: NodeJS.ErrnoException): void => {
    if (error.code === 'EPIPE' || failed) return;
    failed = true;
    fail(new FailedError(`the output cannot be written: ${messageOf(error)}`, { cause: error }));
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', lost);
}

function report(error: unknown, terminal: Terminal): void {
  if (error instanceof BlockedError) terminal.banner(error.message);
  else terminal.error(messageOf(error).replaceAll('\n', '\n        ') + leftBehind(error));
  if (error instanceof MakesafeError) error.hint?.split('\n').forEach(terminal.next);
  const unexpected = !(error instanceof MakesafeError) && !isOfServer(error);
  if (isOfServer(error)) terminal.info(`the server said so (SQLSTATE ${error.code}); DEBUG=1 shows to what`);
  if (process.env['DEBUG'] === '1' || unexpected) printStack(error, terminal, unexpected);
}

/** What PostgreSQL answers is its own word, whatever it was asked. */
const isOfServer = (error: unknown): error is Error & { code: string } => {
  const { code, severity } = (error ?? {}) as { code?: unknown; severity?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && typeof severity === 'string';
};

/** A cancelled task that says nothing itself of the state it left. */
function leftBehind(error: unknown): string {
  if (!(error instanceof CancelledError) || error.message !== 'cancelled') return '';
  const left = new Set([...wouldBeLeft(), wasLeft()].filter((one) => one !== undefined));
  return left.size === 0 ? '' : `; left behind: ${[...left].join('; ')}`;
}

function printStack(error: unknown, terminal: Terminal, unexpected: boolean): void {
  if (process.env['DEBUG'] !== '1') {
    if (unexpected) terminal.info('this is a fault of makesafe itself; DEBUG=1 shows where it happened');
    return;
  }
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    terminal.line(cause.stack ?? cause.message);
}
