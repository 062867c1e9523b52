import type { JSX } from "preact";
import type { PageEntryDetails } from "../../lib/page/page_api.ts";
import { Await } from "../parts/await.tsx";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { look, streamAddress } from "../requests/send_request.ts";
import type { Snapshot } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { formatBytes, formatSize } from "../text/sizes.ts";
import { formatMode, KIND_NAMES } from "../tree/entry_icon.tsx";
import { Preview } from "./preview.tsx";

/** What is known of an entry, what can be done with it, and a look into it. */
export function EntryDetails(
  { snapshot, archive, path, onClose }: {
    readonly snapshot: Snapshot;
    readonly archive: string;
    readonly path: string;
    readonly onClose?: () => void;
  },
): JSX.Element {
  const query = { ...snapshot, archive, path };
  const loaded = useLoad(
    `entry ${JSON.stringify(query)}`,
    (signal) => look("entry", query, signal),
  );
  return (
    <div class="details">
      <Await of={loaded} what="the entry" lines={6}>
        {(entry) => (
          <>
            <header class="part-head">
              <h2 class="details-name">
                <Name text={entry.name || archive} />
              </h2>
              {onClose && (
                <Button kind="quiet" icon="cross" label="Close the details" onPress={onClose} />
              )}
            </header>
            <Takeaway query={query} entry={entry} />
            <Facts entry={entry} />
            <Preview key={JSON.stringify(query)} query={query} entry={entry} />
          </>
        )}
      </Await>
    </div>
  );
}

type Query = Snapshot & { readonly archive: string; readonly path: string };

/** Links that bring it to the disk, and to its versions. */
function Takeaway(
  { query, entry }: { readonly query: Query; readonly entry: PageEntryDetails },
): JSX.Element {
  const { archive, path, ...snapshot } = query;
  const save = (format: "file" | "tar" | "tar.zst" | "zip", text: string) => (
    <a class="button plain" href={streamAddress("download", { ...query, format })} download="">
      <Icon name="download" />
      <span>{text}</span>
    </a>
  );
  return (
    <div class="actions">
      {entry.kind === "directory" && (
        <>
          {save("zip", "zip")}
          {save("tar", "tar")}
          {save("tar.zst", "tar.zst")}
        </>
      )}
      {(entry.kind === "file" || entry.kind === "hardlink") && save("file", "Download")}
      <Link class="button plain" to={{ view: "versions", snapshot, archive, path }}>
        <Icon name="compare" />
        <span>Versions</span>
      </Link>
    </div>
  );
}

function Facts({ entry }: { readonly entry: PageEntryDetails }): JSX.Element {
  const attributes = entry.xattrs.map(({ name }) => name);
  return (
    <dl class="facts">
      <dt>Kind</dt>
      <dd>{KIND_NAMES[entry.kind]}{entry.isRaw && ", its name is not valid UTF-8"}</dd>
      {entry.sizeBytes !== undefined && (
        <>
          <dt>Size</dt>
          <dd title={formatBytes(entry.sizeBytes)}>{formatSize(entry.sizeBytes)}</dd>
        </>
      )}
      {entry.target !== undefined && (
        <>
          <dt>Leads to</dt>
          <dd>
            <Name text={entry.target} />
          </dd>
        </>
      )}
      {entry.device !== undefined && (
        <>
          <dt>Device</dt>
          <dd>{entry.device.major}, {entry.device.minor}</dd>
        </>
      )}
      <dt>Changed</dt>
      <dd>
        <Moment seconds={entry.modified} as="zone" />
      </dd>
      <dt>Permissions</dt>
      <dd>
        <code>{formatMode(entry.kind, entry.mode)}</code>{" "}
        <span class="faint">{(entry.mode & 0o7777).toString(8).padStart(4, "0")}</span>
        {entry.hasAcl && ", with ACL"}
      </dd>
      <dt>Owner</dt>
      <dd>user {entry.uid}, group {entry.gid}</dd>
      {attributes.length > 0 && (
        <>
          <dt>Attributes</dt>
          <dd class="list">{attributes.map((name) => <Name key={name} text={name} />)}</dd>
        </>
      )}
    </dl>
  );
}
