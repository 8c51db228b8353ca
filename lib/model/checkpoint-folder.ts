import { OwnedFolder } from '../system/owned-folder.ts';
import { ownerText } from '../system/run-lock.ts';

/**
 * The folder of a run's checkpoint, for that run alone; a warning tells of one that was killed there.
 * @throws ThawError ERR_RUN_IN_USE, ERR_WRITE_FAILED, ERR_DISK_FULL
 */
export function ownedFolder(directory: string): OwnedFolder {
  const folder = new OwnedFolder(directory);
  if (folder.takenOver) {
    process.emitWarning(
      `The last run with the checkpoint in ${directory} was killed (${ownerText(folder.takenOver)}): the folder is taken over.`,
      { code: 'THAW_RUN_TAKEN_OVER' },
    );
  }
  return folder;
}
