/** Whether a value is what `wall` of an entry takes: true, false, or `{ except }`, a list of `schema.table`. */
export function isWall(value: unknown): boolean {
  if (typeof value === 'boolean') return true;
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'except') return false;
  const { except } = value as { except: unknown };
  return Array.isArray(except) && except.every((one) => typeof one === 'string' && one.includes('.'));
}
