import { choice, duration, flag, folder, wholeNumber } from '../parameters/kinds.ts';

/** The parameters of the backup that the guard takes first, on a protected environment. */
export const BACKUP_PARAMETERS = {
  BACKUP: choice('skip: on a protected environment, take no backup first', ['first', 'skip'], {
    default: 'first',
    commandLineOnly: true,
  }),
  BACKUP_DIR: folder('the folder for that backup', { default: 'backups' }),
  BACKUP_MAX_AGE: duration('how old a backup may be to be good enough', {
    default: '1h',
    commandLineOnly: true,
  }),
};

/** The parameters that every destructive task takes for the guard. */
export const guardParameters = (countdown: 'always' | 'when protected') => ({
  FORCE: flag('needed on a protected environment'),
  ...BACKUP_PARAMETERS,
  WAIT: wholeNumber('seconds to press Ctrl-C; at least 5 on a protected environment', {
    default: countdown === 'always' ? '5' : '0',
    placeholder: '<seconds>',
    max: 3600,
  }),
});

export type GuardParameters = ReturnType<typeof guardParameters>;
