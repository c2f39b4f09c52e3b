/** Matches a pattern of accepted differences: `TABLE mart.tmp_*`, with kind and name as in reports; `*` is any text. */
export function matches(pattern: string, title: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(title);
}

/** `TABLE mart.receive_daily`, `TRIGGER mart.receive_daily.touch`, `EXTENSION hstore`. */
export function titleOf(object: {
  readonly kind: string;
  readonly schema: string;
  readonly table?: string;
  readonly name: string;
}): string {
  const { kind, schema, table, name } = object;
  return `${kind} ${[schema, table, name].filter((part) => part !== undefined && part !== '').join('.')}`;
}
