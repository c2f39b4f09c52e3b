/** Seconds that it costs to take the smallest file: a new database, the proof, the exchange. */
const TAKING = 2.5;
/** Bytes of a database that are restored and compared in a second. */
const SPEED = 20e6;
/** So many times as long as taking the file the migrations must have taken: writing it costs as much again. */
const FACTOR = 2;

/**
 * Whether a file of what a rebuild has made is worth its time. Where the migrations are as fast, nobody gains by it, and
 * each rebuild that makes something new would pay. Pure.
 *
 * @param made.seconds what making it from nothing has taken
 * @param made.size bytes of the database
 */
export const isWorthAFile = ({
  seconds,
  size,
}: {
  readonly seconds: number;
  readonly size: number;
}): boolean => seconds >= FACTOR * (TAKING + size / SPEED);
