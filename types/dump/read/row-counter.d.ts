/** Rows in the text that COPY takes: lines, up to the mark of its end that pg_dump writes behind them. */
export declare class RowCounter {
  #private;
  add(piece: Buffer): void;
  get rows(): number;
}
