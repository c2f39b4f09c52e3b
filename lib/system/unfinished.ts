/** What would be left behind if the process ended now, for the person who presses Ctrl-C. */
interface Unfinished {
  readonly left: string;
  /** Applications are kept out until it is finished or undone. */
  readonly closed: boolean;
}

const unfinished: Unfinished[] = [];
let failed: Unfinished | undefined;

/** Says, while `work` runs, what leaving it would leave behind; after a failure, what it has left. */
export async function whileUnfinished<T>(
  left: string,
  work: () => Promise<T>,
  { closed = false }: { readonly closed?: boolean } = {},
): Promise<T> {
  const one = { left, closed };
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

export const wouldBeLeft = (): readonly string[] => unfinished.map(({ left }) => left);

/** What the work that failed has left behind, unless its error says more. */
export const wasLeft = (): string | undefined => failed?.left;

/** Whether a database is closed to applications by us, or may still be. */
export const isClosed = (): boolean =>
  [...unfinished, ...(failed ? [failed] : [])].some(({ closed }) => closed);
