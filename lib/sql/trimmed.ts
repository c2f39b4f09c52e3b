/** Removes what the server treats as white space, which is less than what trim() removes. */
export function trimmed(text: string): string {
  const isBlank = (at: number): boolean => ' \t\n\r\v\f'.includes(text.charAt(at));
  let [from, to] = [0, text.length];
  while (from < to && isBlank(from)) from += 1;
  while (from < to && isBlank(to - 1)) to -= 1;
  return text.slice(from, to);
}
