/** What a person approves: one run of one task, on facts that do not change. */
export interface Approval {
  readonly task: string;
  readonly environment: string;
  /** SHA-256 of all that the screen shows and of the parameters. */
  readonly plan: string;
  /** 32 hexadecimal digits, made here: an approval counts once. */
  readonly nonce: string;
  /** Seconds since the epoch. */
  readonly until: number;
}

/** The namespace of our signatures: a signature that was made for something else does not count. */
export const NAMESPACE = 'makesafe';

const linesOf = ({ task, environment, plan, nonce, until }: Approval): string[] => [
  `makesafe ${task} ${environment}`,
  `plan ${plan}`,
  `nonce ${nonce}`,
  `until ${new Date(until * 1000).toISOString()}`,
];

/** The text that the person's key signs. */
export const signedText = (approval: Approval): string => `${linesOf(approval).join('\n')}\n`;

/** The line that a person types on the machine that has the key. */
export const signingLine = (approval: Approval, software: boolean): string =>
  `printf '%s\\n' ${linesOf(approval)
    .map((line) => `'${line}'`)
    .join(' ')} | ssh-keygen -Y sign -n ${NAMESPACE} -f ~/.ssh/${software ? 'id_ed25519' : 'id_ed25519_sk'}`;
