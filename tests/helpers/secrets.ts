/** The forms in which a secret could turn up: as it is, in JSON, in a URL, in base64, in SQL and doubled for compose. */
export function formsOf(secret: string): string[] {
  const url = new URL('http://localhost');
  url.password = secret;
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    url.password,
    encodeURIComponent(secret),
    new URLSearchParams({ '': secret }).toString().slice(1),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('base64url'),
    Buffer.from(secret).toString('hex'),
    secret.replaceAll("'", "''"),
    secret.replaceAll('$', '$$$$'),
  ];
}
