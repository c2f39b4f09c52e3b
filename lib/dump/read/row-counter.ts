/** Rows in the text that COPY takes: lines, up to the mark of its end that pg_dump writes behind them. */
export class RowCounter {
  #lines = 0;
  #end = Buffer.alloc(0);

  add(piece: Buffer): void {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) this.#lines += 1;
    this.#end = Buffer.concat([this.#end, piece.subarray(-END.length)]).subarray(-END.length);
  }

  get rows(): number {
    // Of an empty table there is nothing in front of it.
    const isEnded = this.#end.equals(END) || this.#end.equals(END.subarray(1));
    return isEnded ? this.#lines - 3 : this.#lines;
  }
}

const END = Buffer.from('\n\\.\n\n\n');
