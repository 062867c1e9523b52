import type {
  PageArchives,
  PageContentQuery,
  PageDone,
  PageDownloadQuery,
  PageEntries,
  PageEntriesQuery,
  PageEntryDetails,
  PageEntryQuery,
  PageForget,
  PageGroupQuery,
  PageGroups,
  PageGrowth,
  PageJobRun,
  PageJobs,
  PageJobsQuery,
  PageLogin,
  PageLoginResult,
  PageNamespaces,
  PageNotes,
  PageNotesQuery,
  PagePlaceQuery,
  PageProtect,
  PagePrune,
  PagePruneDecisions,
  PagePrunePreview,
  PageSearch,
  PageSearchQuery,
  PageSession,
  PageSetNotes,
  PageSnapshotQuery,
  PageSnapshots,
  PageStarted,
  PageStoreQuery,
  PageStores,
  PageTaskLog,
  PageTaskQuery,
  PageTasks,
  PageTasksQuery,
  PageTaskStop,
  PageVerify,
  PageVersions,
  PageVersionsQuery,
} from "../../lib/page/page_api.ts";

/** A request that takes nothing. */
export type Nothing = Readonly<Record<never, never>>;

/** Requests that only look: what they take, and what they answer. */
export interface Looks {
  readonly session: { readonly takes: Nothing; readonly answers: PageSession };
  readonly stores: { readonly takes: Nothing; readonly answers: PageStores };
  readonly growth: { readonly takes: PageStoreQuery; readonly answers: PageGrowth };
  readonly namespaces: { readonly takes: PageStoreQuery; readonly answers: PageNamespaces };
  readonly groups: { readonly takes: PagePlaceQuery; readonly answers: PageGroups };
  readonly snapshots: { readonly takes: PageGroupQuery; readonly answers: PageSnapshots };
  readonly notes: { readonly takes: PageNotesQuery; readonly answers: PageNotes };
  readonly archives: { readonly takes: PageSnapshotQuery; readonly answers: PageArchives };
  readonly entries: { readonly takes: PageEntriesQuery; readonly answers: PageEntries };
  readonly entry: { readonly takes: PageEntryQuery; readonly answers: PageEntryDetails };
  readonly search: { readonly takes: PageSearchQuery; readonly answers: PageSearch };
  readonly versions: { readonly takes: PageVersionsQuery; readonly answers: PageVersions };
  readonly tasks: { readonly takes: PageTasksQuery; readonly answers: PageTasks };
  readonly jobs: { readonly takes: PageJobsQuery; readonly answers: PageJobs };
  readonly task: { readonly takes: PageTaskQuery; readonly answers: PageTaskLog };
}

/** Requests that do something. */
export interface Acts {
  readonly login: { readonly takes: PageLogin; readonly answers: PageLoginResult };
  readonly logout: { readonly takes: Nothing; readonly answers: PageSession };
  readonly "task-stop": { readonly takes: PageTaskStop; readonly answers: PageDone };
  readonly "set-notes": { readonly takes: PageSetNotes; readonly answers: PageDone };
  readonly protect: { readonly takes: PageProtect; readonly answers: PageDone };
  readonly verify: { readonly takes: PageVerify; readonly answers: PageStarted };
  readonly "prune-preview": {
    readonly takes: PagePrunePreview;
    readonly answers: PagePruneDecisions;
  };
  readonly prune: { readonly takes: PagePrune; readonly answers: PageStarted };
  readonly forget: { readonly takes: PageForget; readonly answers: PageDone };
  readonly "job-run": { readonly takes: PageJobRun; readonly answers: PageStarted };
  readonly gc: { readonly takes: PageStoreQuery; readonly answers: PageStarted };
}

/** Requests that answer with bytes. */
export interface Streams {
  readonly content: PageContentQuery;
  readonly download: PageDownloadQuery;
}
