/** What would be left behind if the process ended now, for the person who presses Ctrl-C a second time. */
const unfinished: string[] = [];

/** Says, while `work` runs, what leaving it at once would leave behind. */
export async function whileUnfinished<T>(wouldLeave: string, work: () => Promise<T>): Promise<T> {
  unfinished.push(wouldLeave);
  try {
    return await work();
  } finally {
    unfinished.splice(unfinished.lastIndexOf(wouldLeave), 1);
  }
}

export const wouldBeLeft = (): readonly string[] => unfinished;
