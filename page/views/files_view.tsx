import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { PageArchive } from "../../lib/page/page_api.ts";
import { Await, Empty, Failure } from "../parts/await.tsx";
import { Icon, type IconName } from "../parts/icon.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { ArchiveContent } from "../preview/archive_content.tsx";
import { EntryDetails } from "../preview/entry_details.tsx";
import { PageError } from "../requests/page_error.ts";
import { look } from "../requests/send_request.ts";
import { type FilesRoute, show, type Snapshot } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { safeText } from "../text/safe_text.ts";
import { formatSize } from "../text/sizes.ts";
import { FileTree } from "../tree/file_tree.tsx";
import { SearchResults } from "./search_results.tsx";
import { SnapshotMenu } from "./snapshot_menu.tsx";
import { SnapshotState } from "./snapshot_table.tsx";

/** The contents of a snapshot: its archives, their files, and the entry that is chosen. */
export function FilesView({ route }: { readonly route: FilesRoute }): JSX.Element {
  const { snapshot } = route;
  const loaded = useLoad(
    `archives ${JSON.stringify(snapshot)}`,
    async (signal) => (await look("archives", snapshot, signal)).archives,
  );
  return (
    <>
      <SnapshotHead snapshot={snapshot} />
      <Await of={loaded} what="the archives" lines={8}>
        {(archives) =>
          archives.length === 0
            ? (
              <Empty title="There is nothing to look into">
                <p>The snapshot holds no archives, only its manifest and log.</p>
              </Empty>
            )
            : <Archives route={route} archives={archives} />}
      </Await>
    </>
  );
}

function SnapshotHead({ snapshot }: { readonly snapshot: Snapshot }): JSX.Element {
  const { time, ...group } = snapshot;
  const loaded = useLoad(
    `snapshots ${JSON.stringify(group)}`,
    (signal) => look("snapshots", group, signal),
  );
  const details = loaded.value?.snapshots.find((each) => each.time === time);
  return (
    <section class="card snapshot-head" aria-labelledby="snapshot-title">
      <header class="part-head">
        <h2 id="snapshot-title">
          <Name text={`${group.type}/${group.id}`} /> <Moment seconds={time} as="zone" />
        </h2>
        {details && loaded.value && (
          <SnapshotMenu
            snapshot={snapshot}
            details={details}
            text="Actions"
            rights={loaded.value.rights}
            onForgotten={() => show({ view: "group", group }, "replace")}
          />
        )}
      </header>
      <p class="badges">
        <span class="faint">
          <Moment seconds={time} as="age" />
        </span>
        {details?.sizeBytes !== undefined && (
          <span class="faint">{formatSize(details.sizeBytes)}</span>
        )}
        {details && <SnapshotState snapshot={details} />}
        {details?.comment && <Name text={details.comment} />}
      </p>
    </section>
  );
}

const KINDS: Record<PageArchive["kind"], IconName> = {
  tree: "folder",
  image: "disk",
  blob: "file",
};

function Archives(
  { route, archives: all }: {
    readonly route: FilesRoute;
    readonly archives: readonly PageArchive[];
  },
): JSX.Element {
  // Trees first: they are what one looks for.
  const archives = (["tree", "image", "blob"] as const)
    .flatMap((kind) => all.filter((each) => each.kind === kind));
  const { snapshot, search } = route;
  const archive = archives.find((each) => each.archive === route.archive) ?? archives[0]!;
  const hasTree = archives.some(({ kind, unreadable }) => kind === "tree" && !unreadable);
  return (
    <section class="card files" aria-label="Files">
      <div class="files-head">
        <nav class="archive-tabs" aria-label="Archives">
          {archives.map((each) => (
            <Link
              key={each.archive}
              to={{ view: "files", snapshot, archive: each.archive }}
              current={search === undefined && each === archive}
            >
              <Icon name={each.unreadable ? "key" : KINDS[each.kind]} />
              <Name text={each.archive} />
              <span class="faint">{formatSize(each.sizeBytes)}</span>
            </Link>
          ))}
        </nav>
        {hasTree && <SearchField route={route} />}
      </div>
      {search !== undefined
        ? <SearchResults snapshot={snapshot} text={search} />
        : <ArchiveView key={archive.archive} route={route} archive={archive} />}
    </section>
  );
}

function SearchField({ route }: { readonly route: FilesRoute }): JSX.Element {
  const { snapshot, search = "" } = route;
  const [text, setText] = useState(search);
  useEffect(() => setText(search), [search]);
  const start = (event: Event) => {
    event.preventDefault();
    if (text.trim() !== "") show({ view: "files", snapshot, search: text });
    else if (route.search !== undefined) show({ view: "files", snapshot });
  };
  return (
    <form role="search" class="search" onSubmit={start}>
      <Icon name="search" />
      <input
        type="search"
        aria-label="Search names in this snapshot"
        placeholder="Search names, *.conf"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}

function ArchiveView(
  { route, archive }: { readonly route: FilesRoute; readonly archive: PageArchive },
): JSX.Element {
  const { snapshot } = route;
  const at = { view: "files", snapshot, archive: archive.archive } as const;
  if (archive.unreadable !== undefined) {
    return <Failure error={new PageError("encrypted", archive.unreadable)} />;
  }
  if (archive.kind !== "tree") {
    return <ArchiveContent snapshot={snapshot} archive={archive} />;
  }
  const selected = route.path;
  return (
    <div class={`files-split${selected === undefined ? "" : " with-details"}`}>
      <FileTree
        snapshot={snapshot}
        archive={archive.archive}
        selected={selected}
        onSelect={(path) => show({ ...at, path })}
      />
      <aside class="files-side" aria-label="Details">
        {selected === undefined
          ? (
            <div class="side-hint">
              <p>Choose an entry to see what is in it.</p>
              <Link class="button plain" to={{ ...at, path: "" }}>
                <Icon name="download" />
                <span>All of {safeText(archive.archive)}</span>
              </Link>
            </div>
          )
          : (
            <EntryDetails
              key={selected}
              snapshot={snapshot}
              archive={archive.archive}
              path={selected}
              onClose={() => show(at)}
            />
          )}
      </aside>
    </div>
  );
}
