/** Counters of a running walk, counted as entries are handed to the visitor. */
export class WalkProgress {
  /** Regular files, further hard links not included. */
  files = 0;
  /** Directories, the root included. */
  directories = 0;
  /** Further names of files that were counted before. */
  hardlinks = 0;
  /** Symbolic links, devices, named pipes, sockets. */
  others = 0;
  /** Announced sizes of the files, in bytes. */
  fileBytes = 0;
  /** Entries left out because they vanished or could not be read. */
  skipped = 0;
  /** Regular files left out because of their size; a name each. */
  tooLarge = 0;
  /** Bytes of those. */
  tooLargeBytes = 0;

  /** Everything that became an entry of the archive. */
  get entries(): number {
    return this.files + this.directories + this.hardlinks + this.others;
  }
}
