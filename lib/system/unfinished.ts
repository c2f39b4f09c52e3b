/** What would be left behind if the process ended now, for a person who presses Ctrl-C. */
interface Unfinished {
  readonly left: () => string;
  /** True if applications cannot connect until the work is finished or undone. */
  readonly closed: boolean;
}

const unfinished: Unfinished[] = [];
let failed: Unfinished | undefined;
let closes = false;

/**
 * Registers, while `work` runs, what would be left behind if it stopped; after a failure, what is left behind.
 *
 * @param left a function if a name in it may change meanwhile
 */
export async function whileUnfinished<T>(
  left: string | (() => string),
  work: () => Promise<T>,
  { closed = false }: { readonly closed?: boolean } = {},
): Promise<T> {
  const one = { left: typeof left === 'string' ? () => left : left, closed };
  closes ||= closed;
  unfinished.push(one);
  try {
    return await work();
  } catch (error) {
    failed ??= one;
    throw error;
  } finally {
    unfinished.splice(unfinished.lastIndexOf(one), 1);
  }
}

/** What unfinished work would leave behind now. */
export const wouldBeLeft = (): readonly string[] => unfinished.map(({ left }) => left());

/** What the failed work has left behind. */
export const wasLeft = (): string | undefined => failed?.left();

/** Whether makesafe has ever begun to close a database in this process. */
export const hasEverClosed = (): boolean => closes;

/** Whether makesafe has closed a database to applications, or may have. */
export const isClosed = (): boolean =>
  [...unfinished, ...(failed ? [failed] : [])].some(({ closed }) => closed);
