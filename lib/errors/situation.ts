/**
 * An obstacle in a person's way, with what is needed to tell the way out. The words for it are those
 * of the command line; a program decides by `kind`.
 */
export type Situation =
  /** No repository was named. */
  | { readonly kind: "no-repository" }
  /** A text is no repository. */
  | { readonly kind: "malformed-repository"; readonly text: string }
  /** A folder is no datastore, or not there. */
  | { readonly kind: "no-datastore"; readonly path: string }
  /** There is something where a new datastore was to be made. */
  | { readonly kind: "datastore-in-the-way"; readonly path: string; readonly isDatastore: boolean }
  /** Somebody else may, this user may not; a path if it is one of this machine. */
  | { readonly kind: "no-permission"; readonly path?: string }
  | { readonly kind: "server-unreachable"; readonly host: string; readonly port: number }
  /** The certificate is not known; its fingerprint if there was one. */
  | { readonly kind: "untrusted-certificate"; readonly fingerprint?: string }
  /** The server refused who logged in. */
  | { readonly kind: "login-refused"; readonly isToken: boolean }
  /** Nothing to log in with. */
  | { readonly kind: "no-password"; readonly isToken: boolean }
  | { readonly kind: "group-of-another"; readonly group: string; readonly owner: string }
  /** The newest snapshot of the group is as new as this one would be, or newer; seconds. */
  | { readonly kind: "newer-snapshot"; readonly group: string; readonly newest: number }
  /** Data is encrypted, and there is no key. */
  | { readonly kind: "no-key"; readonly hasMasterKeyCopy?: boolean }
  /** Data was made with another key. */
  | { readonly kind: "other-key"; readonly hasMasterKeyCopy?: boolean }
  /** Earlier snapshots of the group are encrypted, this one would not be. */
  | { readonly kind: "group-is-encrypted" }
  /** A passphrase does not open a key file; the reminder that the file holds. */
  | { readonly kind: "wrong-passphrase"; readonly reminder?: string }
  /** A key has a passphrase, and there is nobody to ask for it. */
  | { readonly kind: "no-passphrase"; readonly variable: string }
  /** An option needs a key, and there is none. */
  | { readonly kind: "no-key-file" }
  /** The target of a restore is there already. */
  | { readonly kind: "target-exists"; readonly what: "tree" | "file" }
  /** An image cannot be shown as a block device. */
  | { readonly kind: "no-loop-device" }
  | { readonly kind: "no-archive"; readonly name: string; readonly names: readonly string[] }
  /** Both halves of a split archive do not fit into one pipe. */
  | { readonly kind: "split-archive-to-pipe" }
  /** A name that tells no type of archive. */
  | { readonly kind: "archive-name-without-type"; readonly name: string }
  | { readonly kind: "no-snapshot"; readonly group: string; readonly hasOthers: boolean }
  /** A word is no path of a snapshot or group. */
  | { readonly kind: "malformed-snapshot"; readonly text: string }
  | { readonly kind: "no-namespace"; readonly namespace: string }
  /** A word is no command of a group; undefined if none was given. */
  | {
    readonly kind: "no-command";
    readonly group: string;
    readonly word?: string | undefined;
    /** The words that the group has. */
    readonly words: readonly string[];
  }
  /** Words do not fit a command; what to write instead, and names that are no options of it. */
  | {
    readonly kind: "bad-arguments";
    readonly command: string;
    readonly advice: readonly string[];
    readonly unknownOptions: readonly string[];
  };
