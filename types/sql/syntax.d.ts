import { loadModule } from 'libpg-query';
/** A node of PostgreSQL's syntax tree, as libpg-query gives it: `{ ColumnRef: { fields: […] } }`. */
export type Tree =
  | null
  | boolean
  | number
  | string
  | Tree[]
  | {
      [key: string]: Tree;
    };
export type Node = Record<string, Tree>;
export interface Statement {
  /** Its kind, `CreateStmt`, and what is in it. Places in the text are kept: see `shapeOf`. */
  readonly kind: string;
  readonly node: Node;
  readonly text: string;
  /** Where the text begins, in bytes, as all places in trees are. */
  readonly start: number;
}
/** Has to be awaited once before the first `parseStatements`. */
export declare const loadParser: typeof loadModule;
/** The statements of a definition; undefined when the parser does not know what is in it. */
export declare function parseStatements(sql: string): Statement[] | undefined;
/**
 * A text that is the same for trees that mean the same: without places, with the spellings that PostgreSQL itself
 * changes when it reads its own output brought into one form.
 */
export declare function shapeOf(tree: Tree | undefined): string;
