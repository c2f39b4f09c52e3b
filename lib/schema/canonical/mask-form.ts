/** Secrets that are recognised by their form, whatever the name of their option is. */

/** `scheme://user:password@host`; the password may have any character but blanks. */
const IN_URL = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:[^\s]*@/i;

/** `password=…`, `pwd: …`, `"token":"…"`, `?secret=…` */
const NAMED =
  /(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|account[_-]?key)["']?\s*[=:]\s*\S/i;

/** `Authorization: Bearer …`, a private key as PEM, an AWS access key. */
const OTHERS =
  /\b(?:Bearer|Basic)\s+[\w+/.=-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/;

export const isSecretByForm = (value: string): boolean =>
  IN_URL.test(value) || NAMED.test(value) || OTHERS.test(value);
