/**
 * Requests and answers of the page in the browser: types only, so that the browser's program can
 * use them as well.
 *
 * Requests go to `/page/…` of the server that the page came from. Those that only look are `GET`
 * with a query; those that change something are `POST` with a JSON body and the header
 * {@linkcode PAGE_CSRF_HEADER} with {@linkcode PageSession.csrfToken}. Answers are JSON, but for
 * `content` and `download`. A refusal has a status of 400 and more, and a {@linkcode PageRefusal}.
 *
 * Names and texts may hold any characters, markup and control characters too: they are data and
 * never HTML.
 *
 * | request                    | takes                      | answers                       |
 * | -------------------------- | -------------------------- | ----------------------------- |
 * | GET `/page/session`        |                            | {@linkcode PageSession}       |
 * | POST `/page/login`         | {@linkcode PageLogin}      | {@linkcode PageLoginResult}   |
 * | POST `/page/logout`        |                            | {@linkcode PageSession}       |
 * | GET `/page/stores`         |                            | {@linkcode PageStores}        |
 * | GET `/page/growth`         | {@linkcode PageStoreQuery} | {@linkcode PageGrowth}        |
 * | GET `/page/namespaces`     | {@linkcode PageStoreQuery} | {@linkcode PageNamespaces}    |
 * | GET `/page/groups`         | {@linkcode PagePlaceQuery} | {@linkcode PageGroups}        |
 * | GET `/page/snapshots`      | {@linkcode PageGroupQuery} | {@linkcode PageSnapshots}     |
 * | GET `/page/notes`          | {@linkcode PageNotesQuery} | {@linkcode PageNotes}         |
 * | GET `/page/archives`       | {@linkcode PageSnapshotQuery} | {@linkcode PageArchives}   |
 * | GET `/page/entries`        | {@linkcode PageEntriesQuery} | {@linkcode PageEntries}     |
 * | GET `/page/entry`          | {@linkcode PageEntryQuery} | {@linkcode PageEntryDetails}  |
 * | GET `/page/search`         | {@linkcode PageSearchQuery} | {@linkcode PageSearch}       |
 * | GET `/page/versions`       | {@linkcode PageVersionsQuery} | {@linkcode PageVersions}   |
 * | GET `/page/content`        | {@linkcode PageContentQuery} | bytes; `Range` is understood |
 * | GET `/page/download`       | {@linkcode PageDownloadQuery} | bytes, as attachment       |
 * | GET `/page/tasks`          | {@linkcode PageTasksQuery} | {@linkcode PageTasks}         |
 * | GET `/page/task`           | {@linkcode PageTaskQuery}  | {@linkcode PageTaskLog}       |
 * | GET `/page/jobs`           | {@linkcode PageJobsQuery}  | {@linkcode PageJobs}          |
 * | POST `/page/job-run`       | {@linkcode PageJobRun}     | {@linkcode PageStarted}       |
 * | POST `/page/task-stop`     | {@linkcode PageTaskStop}   | {@linkcode PageDone}          |
 * | POST `/page/set-notes`     | {@linkcode PageSetNotes}   | {@linkcode PageDone}          |
 * | POST `/page/protect`       | {@linkcode PageProtect}    | {@linkcode PageDone}          |
 * | POST `/page/verify`        | {@linkcode PageVerify}     | {@linkcode PageStarted}       |
 * | POST `/page/prune-preview` | {@linkcode PagePrunePreview} | {@linkcode PagePruneDecisions} |
 * | POST `/page/prune`         | {@linkcode PagePrune}      | {@linkcode PageStarted}       |
 * | POST `/page/forget`        | {@linkcode PageForget}     | {@linkcode PageDone}          |
 * | POST `/page/gc`            | {@linkcode PageStoreQuery} | {@linkcode PageStarted}       |
 *
 * @module
 */

/** Header of every POST request. */
export const PAGE_CSRF_HEADER = "csrfpreventiontoken";

/** Who serves the page: a client on its own machine, or a server behind its login. */
export type PageMode = "browse" | "serve";

/** A request that was refused or failed. */
export interface PageRefusal {
  readonly error: {
    /**
     * Kind of the refusal. `login`: nobody is logged in, or not any more. `forbidden`: a privilege is
     * missing. `encrypted`: the contents are encrypted and the key is not here; the message says
     * where it is. `changed`: what was previewed is not what would happen now. `busy`: try again
     * later, see `retry-after`.
     */
    readonly code:
      | "login"
      | "forbidden"
      | "not-found"
      | "encrypted"
      | "changed"
      | "conflict"
      | "damaged"
      | "busy"
      | "bad-request"
      | "failed";
    /** One or more sentences for people. */
    readonly message: string;
  };
}

/** Who looks at the page; the first thing to ask for, and again every ten minutes or so. */
export interface PageSession {
  readonly mode: PageMode;
  /** Whether there is a session; in `browse` there always is one. */
  readonly isLoggedIn: boolean;
  /** `user@realm` in `serve`; in `browse` the user of a remote repository. */
  readonly user?: string;
  /** To be sent back with each POST request. Changes when the session is renewed. */
  readonly csrfToken?: string;
  /** Name of what is looked at: the repository in `browse`, the host's name in `serve`. */
  readonly title: string;
  /** Version of the program. */
  readonly version: string;
  /** Whether a key is here that decrypts snapshots; never in `serve`. */
  readonly hasKey: boolean;
  /** Short fingerprint of that key. */
  readonly keyFingerprint?: string;
}

/** First or second step of a login. */
export interface PageLogin {
  /** `name@realm`; without a realm, `pbs` is meant. */
  readonly user: string;
  /** The password; in the second step the code or recovery key as it was typed. */
  readonly password: string;
  /** Only in the second step: what the first one answered. */
  readonly challenge?: string;
}

/** Outcome of a step; a wrong password is a refusal with code `login`. */
export type PageLoginResult =
  | { readonly state: "complete"; readonly session: PageSession }
  | {
    readonly state: "second-factor";
    /** To be sent with the second step. */
    readonly challenge: string;
    /** Whether a code of six digits helps. */
    readonly totp: boolean;
    /** Whether a recovery key helps. */
    readonly recovery: boolean;
  };

/** Names a datastore. */
export interface PageStoreQuery {
  /** {@linkcode PageStore.store}. */
  readonly store: string;
}

/** Names a namespace. */
export interface PagePlaceQuery extends PageStoreQuery {
  /** `a/b`; empty or absent for the root. */
  readonly ns?: string;
}

/** Names a group. */
export interface PageGroupQuery extends PagePlaceQuery {
  /** `host`, `vm` or `ct`. */
  readonly type: string;
  readonly id: string;
}

/** Names a snapshot. */
export interface PageSnapshotQuery extends PageGroupQuery {
  /** Seconds since the epoch. */
  readonly time: number;
}

/** The datastores that may be seen. */
export interface PageStores {
  readonly stores: readonly PageStore[];
}

/** A datastore. */
export interface PageStore {
  /** Key for other requests. */
  readonly store: string;
  /** Name for people. */
  readonly name: string;
  readonly comment?: string;
  /** Whether its data is in a bucket of an object store. */
  readonly isInBucket?: true;
  /** Why it cannot be used, or only be read. */
  readonly maintenance?: string;
  /** Of the file system; absent if it may not be seen. */
  readonly space?: {
    readonly totalBytes: number;
    readonly usedBytes: number;
    readonly availableBytes: number;
  };
  /** As the last garbage collection counted; absent if there was none or it may not be seen. */
  readonly contents?: {
    /** Bytes that all snapshots would take without deduplication and compression. */
    readonly logicalBytes: number;
    /** Bytes that the chunks take. */
    readonly storedBytes: number;
    readonly chunks: number;
    /** `logicalBytes / storedBytes`; absent if nothing is stored. */
    readonly deduplication?: number;
    /** Seconds since the epoch; absent if it is not known. */
    readonly countedAt?: number;
  };
  /** Whether a garbage collection may be started. */
  readonly mayCollectGarbage: boolean;
  /** Why it could not be looked at. */
  readonly problem?: string;
}

/** How a datastore has grown. */
export interface PageGrowth {
  /** In order of time; at most some hundreds. */
  readonly points: readonly {
    /** Seconds since the epoch. */
    readonly time: number;
    /** Snapshots made until then that are still there. */
    readonly snapshots: number;
    /** Sum of their sizes, bytes. */
    readonly logicalBytes: number;
    /** Sizes of their different chunks before compression, bytes; absent where not measured. */
    readonly distinctBytes?: number;
  }[];
  /** Whether `distinctBytes` are still being measured: ask again after some seconds. */
  readonly isMeasuring: boolean;
  /** Why there are no `distinctBytes`. */
  readonly notMeasured?: string;
}

/** The namespaces of a datastore that may be seen, parents first; the root is an empty text. */
export interface PageNamespaces {
  readonly namespaces: readonly { readonly ns: string; readonly comment?: string }[];
}

/** Rights on a group and its snapshots; the server decides anew at each action. */
export interface PageRights {
  /** Contents may be read. */
  readonly read: boolean;
  /** Notes and protection may be changed. */
  readonly modify: boolean;
  readonly verify: boolean;
  /** Snapshots may be pruned and forgotten. */
  readonly prune: boolean;
}

/** The groups of a namespace. */
export interface PageGroups {
  readonly groups: readonly PageGroup[];
}

/** A group. */
export interface PageGroup {
  readonly type: string;
  readonly id: string;
  readonly count: number;
  /** Time of the newest snapshot, seconds since the epoch. */
  readonly newest: number;
  /** Sum of the sizes of its snapshots, bytes. */
  readonly sizeBytes: number;
  readonly owner?: string;
  /** First line of its notes. */
  readonly comment?: string;
  /** Median of the times between its last snapshots, seconds; absent with fewer than three. */
  readonly expectedSeconds?: number;
  /** Whether the newest is older than one and a half times what is expected, and an hour more. */
  readonly isLate: boolean;
  /** Snapshots whose last verification found damage. */
  readonly damaged: number;
  /** Snapshots that were verified and found sound. */
  readonly verified: number;
  readonly rights: PageRights;
}

/** The snapshots of a group, newest first. */
export interface PageSnapshots {
  readonly snapshots: readonly PageSnapshot[];
  readonly rights: PageRights;
  /** See {@linkcode PageGroup.expectedSeconds}. */
  readonly expectedSeconds?: number;
}

/** A snapshot. */
export interface PageSnapshot {
  /** Seconds since the epoch. */
  readonly time: number;
  readonly sizeBytes?: number;
  readonly isProtected: boolean;
  /** Outcome of the last verification; absent if there was none. */
  readonly verification?: {
    readonly state: "ok" | "failed";
    /** Seconds since the epoch. */
    readonly time?: number;
    /** The task, for its log. */
    readonly upid?: string;
  };
  /** `mixed`: some files are encrypted and some are not. */
  readonly encryption: "none" | "signed" | "encrypted" | "mixed";
  /** Short fingerprint of the key it was made with. */
  readonly keyFingerprint?: string;
  /** First line of its notes. */
  readonly comment?: string;
  readonly owner?: string;
  readonly files: readonly PageFile[];
  /** Whether it has a manifest: it is not being written and was not broken off. */
  readonly isFinished: boolean;
}

/** A file of a snapshot. */
export interface PageFile {
  /** With the server's suffix: `root.pxar.didx`. */
  readonly filename: string;
  readonly sizeBytes?: number;
  /** `none`, `encrypt` or `sign-only`. */
  readonly cryptMode?: string;
}

/** Names a snapshot or a group whose notes are asked for: a group if there is no time. */
export interface PageNotesQuery extends PageGroupQuery {
  readonly time?: number;
}

/** The whole notes. */
export interface PageNotes {
  readonly notes: string;
}

/** The archives of a snapshot, the two halves of a split one together. */
export interface PageArchives {
  readonly archives: readonly PageArchive[];
}

/** An archive. */
export interface PageArchive {
  /** Key for other requests: `root.pxar`, `disk.img`, `fstab.conf`. */
  readonly archive: string;
  /** A tree of files, an image of a disk, or one small file. */
  readonly kind: "tree" | "image" | "blob";
  readonly sizeBytes: number;
  /** Why its contents cannot be looked at. */
  readonly unreadable?: string;
}

/**
 * Names an entry of a tree.
 *
 * A *path* is the {@linkcode PageEntry.key keys} of the folders that lead to an entry and of the
 * entry itself, joined by slashes; the top of the tree is the empty path. Archives that are no tree
 * have only the empty path, which is their whole content.
 */
export interface PageEntryQuery extends PageSnapshotQuery {
  readonly archive: string;
  readonly path: string;
}

/** Names a folder, and which of its entries are wanted. */
export interface PageEntriesQuery extends PageEntryQuery {
  /** Entries before these; default 0. */
  readonly offset?: number;
  /** Default 200, at most 2000. */
  readonly limit?: number;
}

/** Some entries of a folder, in the order of their names' bytes. */
export interface PageEntries {
  /** Entries of the folder. */
  readonly total: number;
  readonly offset: number;
  readonly entries: readonly PageEntry[];
}

/** Kind of an entry. */
export type PageEntryKind =
  | "directory"
  | "file"
  | "symlink"
  | "hardlink"
  | "block-device"
  | "character-device"
  | "fifo"
  | "socket";

/** An entry of a tree. */
export interface PageEntry {
  /** Base64url of the name's bytes, a component of paths. Empty for the top. */
  readonly key: string;
  /** The name; bytes that are no UTF-8 are shown as U+FFFD. */
  readonly name: string;
  /** Whether the name is not UTF-8, so that `name` is not all of it. */
  readonly isRaw?: true;
  readonly kind: PageEntryKind;
  /** Of a file, bytes; of a hard link that of the file it stands for. */
  readonly sizeBytes?: number;
  /** Time of the last change, seconds since the epoch, possibly negative. */
  readonly modified: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Target of a symlink, as text. */
  readonly target?: string;
}

/** An entry with what only it alone is asked for. */
export interface PageEntryDetails extends PageEntry {
  /** Nanoseconds of `modified`. */
  readonly modifiedNanos: number;
  readonly device?: { readonly major: number; readonly minor: number };
  /** Extended attributes, ACLs not included; values as base64. */
  readonly xattrs: readonly { readonly name: string; readonly value: string }[];
  readonly hasAcl: boolean;
  /**
   * Kind of content by a file's first bytes: text in UTF-8, an image that browsers show, or
   * anything else.
   */
  readonly preview: "text" | "image" | "binary" | "none";
}

/** Search for names in a snapshot. */
export interface PageSearchQuery extends PageSnapshotQuery {
  /** Only in this archive; default all trees. */
  readonly archive?: string;
  /** Only below this folder. */
  readonly path?: string;
  /** A part of the name, whatever its case; with `*`, `?` or `[` a pattern for all of it. */
  readonly text: string;
  /** Default 200, at most 1000. */
  readonly limit?: number;
}

/** Matches of a search, in the order of the archive. */
export interface PageSearch {
  readonly matches: readonly PageMatch[];
  /** Whether there is more than that, or the search took too long. */
  readonly isCut: boolean;
}

/** An entry that a search has found; a catalog does not know all about it. */
export interface PageMatch {
  readonly archive: string;
  /** Keys, as everywhere. */
  readonly path: string;
  /** The folder it lies in, for people: `/etc/ssl`. */
  readonly folder: string;
  readonly name: string;
  /** See {@linkcode PageEntry.isRaw}. */
  readonly isRaw?: true;
  readonly kind: PageEntryKind;
  /** Of a file, bytes. */
  readonly sizeBytes?: number;
  /** Time of the last change, seconds since the epoch. */
  readonly modified?: number;
}

/** Names an entry whose versions are asked for; the snapshot's own time is one of them. */
export interface PageVersionsQuery extends PageGroupQuery {
  readonly archive: string;
  readonly path: string;
  /** Only snapshots before this time, for the next page. */
  readonly before?: number;
  /** Snapshots to look at; default 30, at most 100. */
  readonly limit?: number;
}

/** An entry in the snapshots of its group, newest first. */
export interface PageVersions {
  readonly versions: readonly {
    /** Of the snapshot, seconds since the epoch. */
    readonly time: number;
    /** Absent if it is not there, or cannot be looked at. */
    readonly entry?: PageEntry;
    /**
     * Against the version before it in time, as far as it was looked at: `same` if kind, size, time
     * and mode are alike.
     */
    readonly change?: "new" | "changed" | "same" | "removed";
    /** Why it cannot be looked at. */
    readonly unreadable?: string;
  }[];
  /** Time to ask with for older ones; absent at the end. */
  readonly next?: number;
}

/**
 * Asks for the content of a file, an image or a blob. The answer has type
 * `application/octet-stream`, unless `as` is given and the content is what it says. Ranges are
 * understood, one at a time. A file is never shown in a type that browsers execute.
 */
export interface PageContentQuery extends PageEntryQuery {
  /** `image`: with the type of a PNG, JPEG, GIF, WebP, AVIF or BMP image; else it is refused. */
  readonly as?: "image";
}

/** Asks for a file, or for a folder in an archive. */
export interface PageDownloadQuery extends PageEntryQuery {
  /** `file` for a file, an image or a blob, whole; the others for a folder. */
  readonly format: "file" | "tar" | "tar.zst" | "zip";
}

/** Which tasks are asked for. */
export interface PageTasksQuery {
  /** Only those of this datastore. */
  readonly store?: string;
  /** Only those that run: `1`. */
  readonly running?: string;
  /** Default 50, at most 500. */
  readonly limit?: number;
}

/** Tasks that may be seen, newest first. */
export interface PageTasks {
  readonly tasks: readonly PageTask[];
}

/** A task. */
export interface PageTask {
  /** Key for other requests. */
  readonly upid: string;
  /** Key of the datastore it belongs to, for the other requests about it. */
  readonly store: string;
  /** `backup`, `verify`, `garbage_collection`, `prune` and others. */
  readonly type: string;
  /** Subject of it. */
  readonly id?: string;
  readonly user: string;
  /** Seconds since the epoch. */
  readonly start: number;
  /** Absent while it runs. */
  readonly end?: number;
  readonly state: "running" | "ok" | "warning" | "error" | "unknown";
  /** Text of its end. */
  readonly status?: string;
  /** Whether it can be asked to stop. */
  readonly mayStop: boolean;
}

/** Names a task and a part of its log. */
export interface PageTaskQuery extends PageStoreQuery {
  readonly upid: string;
  /** Lines that are known already; default 0. */
  readonly from?: number;
  /** Default 500, at most 5000. */
  readonly limit?: number;
}

/** A part of a task's log. To follow it, ask again with `from: next` while it runs. */
export interface PageTaskLog {
  readonly lines: readonly string[];
  /** Line to ask for next. */
  readonly next: number;
  /** Whether there are more lines already. */
  readonly hasMore: boolean;
  readonly isRunning: boolean;
  /** Text of its end. */
  readonly status?: string;
}

/** Selection of jobs. */
export interface PageJobsQuery {
  /** Only those of this datastore. */
  readonly store?: string;
}

/** The jobs of a server that may be seen; none where nothing runs by a schedule. */
export interface PageJobs {
  readonly jobs: readonly PageJob[];
}

/** Work that a server does by a schedule. */
export interface PageJob {
  readonly kind: "gc" | "prune" | "sync" | "verify";
  /** Its name; absent for the collection of a datastore's garbage. */
  readonly id?: string;
  readonly store: string;
  /** Namespace that it begins at; empty for the root. */
  readonly ns: string;
  /** Calendar event; absent if it runs only when somebody starts it. */
  readonly schedule?: string;
  readonly comment?: string;
  readonly isDisabled: boolean;
  /** Seconds since the epoch; in the past if it is due. */
  readonly next?: number;
  /** Task of the last run. */
  readonly upid?: string;
  /** End of the last run, seconds since the epoch. */
  readonly end?: number;
  /** State of the last run. */
  readonly state: PageTask["state"] | "never";
  /** Text of the last run's end. */
  readonly status?: string;
  readonly mayRun: boolean;
}

/** Starts a job. */
export interface PageJobRun extends PageStoreQuery {
  readonly kind: PageJob["kind"];
  readonly id?: string | undefined;
}

/** Asks a task to stop. */
export interface PageTaskStop extends PageStoreQuery {
  readonly upid: string;
}

/** Something was done. */
export interface PageDone {
  readonly done: true;
  /** Remark for people. */
  readonly message?: string;
}

/** Something was started. */
export interface PageStarted {
  /** Its task. */
  readonly upid: string;
  readonly store: string;
}

/** Changes the notes of a snapshot, or of a group if there is no time. */
export interface PageSetNotes extends PageNotesQuery {
  readonly notes: string;
}

/** Protects a snapshot, or gives it free. */
export interface PageProtect extends PageSnapshotQuery {
  readonly isProtected: boolean;
}

/** Verifies a namespace and those below it, a group, or a snapshot. */
export interface PageVerify extends PagePlaceQuery {
  readonly type?: string;
  readonly id?: string;
  readonly time?: number;
  /** Leave out what was verified before; default false. */
  readonly skipVerified?: boolean;
}

/** How many snapshots are kept by each rule; at least one has to be given. */
export interface PageKeep {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

/** Asks what prune would do. */
export interface PagePrunePreview extends PageGroupQuery {
  readonly keep: PageKeep;
}

/** Decisions of prune, newest snapshot first. */
export interface PagePruneDecisions {
  readonly decisions: readonly {
    readonly time: number;
    readonly keep: boolean;
    readonly isProtected: boolean;
  }[];
}

/** Prunes a group as it was shown before. */
export interface PagePrune extends PagePrunePreview {
  /** Times of the snapshots that the preview would remove; others make the request refused. */
  readonly remove: readonly number[];
}

/** Removes a snapshot, or a group with all its snapshots if there is no time. */
export interface PageForget extends PageGroupQuery {
  readonly time?: number;
}
