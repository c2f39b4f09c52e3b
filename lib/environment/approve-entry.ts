/** A line of a `.pub` file. Options in front of the type are no part of it. */
const PUBLIC_KEY = /^(sk-)?(?:ssh|ecdsa)-[\w@.-]+ [A-Za-z0-9+/]+={0,2}(?: [^\n]*)?$/;

/** Whether this is a valid `approve` of an entry. */
export function isApprove(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.keys(value).some((key) => !['keys', 'software'].includes(key))) return false;
  const { keys, software = false } = value as { keys?: unknown; software?: unknown };
  return (
    typeof software === 'boolean' &&
    Array.isArray(keys) &&
    keys.length > 0 &&
    keys.every((key) => {
      const found = typeof key === 'string' ? PUBLIC_KEY.exec(key) : null;
      return found !== null && (software === true || found[1] !== undefined);
    })
  );
}
