/** What would be left behind if the process ended now, for the person who presses Ctrl-C a second time. */
const unfinished: string[] = [];
let left: string | undefined;

/** Says, while `work` runs, what leaving it would leave behind; after a failure, what it has left. */
export async function whileUnfinished<T>(wouldLeave: string, work: () => Promise<T>): Promise<T> {
  unfinished.push(wouldLeave);
  try {
    return await work();
  } catch (error) {
    left ??= wouldLeave;
    throw error;
  } finally {
    unfinished.splice(unfinished.lastIndexOf(wouldLeave), 1);
  }
}

export const wouldBeLeft = (): readonly string[] => unfinished;

/** What the work that failed has left behind, unless its error says more. */
export const wasLeft = (): string | undefined => left;
