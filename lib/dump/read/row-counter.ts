/** Counts the rows in COPY data. pg_dump writes an end mark and blank lines after them, which do not count. */
export class RowCounter {
  #lines = 0;
  #end = Buffer.alloc(0);

  add(piece: Buffer): void {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) this.#lines += 1;
    this.#end = Buffer.concat([this.#end, piece.subarray(-END.length)]).subarray(-END.length);
  }

  get rows(): number {
    // Without rows, the end mark has no line break in front of it.
    const isEnded = this.#end.equals(END) || this.#end.equals(END.subarray(1));
    return isEnded ? this.#lines - 3 : this.#lines;
  }
}

const END = Buffer.from('\n\\.\n\n\n');
