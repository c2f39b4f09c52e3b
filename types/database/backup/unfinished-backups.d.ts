/** Where a backup is made, beside its place: the name says on which machine and by which process. */
export declare const unfinishedName: (file: string) => string;
/** Removes what backups that were killed on this machine have left in a folder, which others may use as well. */
export declare function removeUnfinished(folder: string): Promise<void>;
