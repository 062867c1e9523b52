import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageVersions } from "../../lib/page/page_api.ts";
import { Await, Failure } from "../parts/await.tsx";
import { Badge, type Tone } from "../parts/badge.tsx";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { asPageError, type PageError } from "../requests/page_error.ts";
import { look, streamAddress } from "../requests/send_request.ts";
import { show, type VersionsRoute } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { formatTime } from "../text/dates.ts";
import { formatSize } from "../text/sizes.ts";
import { bytesOf } from "../tree/tree_model.ts";
import { CompareVersions } from "./compare_versions.tsx";

type Version = PageVersions["versions"][number];

const CHANGES: Record<NonNullable<Version["change"]>, readonly [string, Tone]> = {
  new: ["new", "good"],
  changed: ["changed", "warn"],
  same: ["same", "plain"],
  removed: ["not there", "bad"],
};

/** The path of an entry for people, from its keys. */
export function readablePath(path: string): string {
  const names = path.split("/").map((key) =>
    new TextDecoder().decode(Uint8Array.from(bytesOf(key), (letter) => letter.charCodeAt(0)))
  );
  return `/${names.join("/")}`;
}

/** An entry in all snapshots of its group, and two of them side by side. */
export function VersionsView({ route }: { readonly route: VersionsRoute }): JSX.Element {
  const { snapshot, archive, path } = route;
  const { time: _time, ...group } = snapshot;
  const query = { ...group, archive, path };
  const loaded = useLoad(
    `versions ${JSON.stringify(query)}`,
    (signal) => look("versions", query, signal),
  );
  return (
    <Await of={loaded} what="the versions" lines={8}>
      {(first) => <Versions key={JSON.stringify(query)} route={route} first={first} />}
    </Await>
  );
}

function Versions(
  { route, first }: { readonly route: VersionsRoute; readonly first: PageVersions },
): JSX.Element {
  const [more, setMore] = useState<readonly Version[]>([]);
  const [next, setNext] = useState(first.next);
  const [error, setError] = useState<PageError>();
  const [showsAll, setShowsAll] = useState(false);
  const versions = [...first.versions, ...more];
  const { snapshot, archive, path } = route;
  const readable = versions.filter((version) => isFile(version));
  // At first, the version one came from and the next older one that differs.
  const right = route.right ?? readable.find(({ time }) => time <= snapshot.time)?.time;
  const left = route.left ?? earlierDifferent(readable, right);
  const older = async () => {
    if (next === undefined) return;
    const { time: _time, ...group } = snapshot;
    try {
      const page = await look("versions", { ...group, archive, path, before: next });
      setMore([...more, ...page.versions]);
      setNext(page.next);
      setError(undefined);
    } catch (cause) {
      setError(asPageError(cause));
    }
  };
  const choose = (side: "left" | "right", time: number) => {
    const sides = {
      ...left === undefined ? {} : { left },
      ...right === undefined ? {} : { right },
    };
    show({ ...route, ...sides, [side]: time }, "replace");
  };
  const side = (time: number) => {
    const entry = readable.find((version) => version.time === time)?.entry;
    return { time, sizeBytes: entry?.sizeBytes };
  };
  const shown = versions.filter(({ time, change }) =>
    showsAll || change !== "same" || [left, right, snapshot.time].includes(time)
  );
  const same = versions.length - shown.length;
  return (
    <div class="versions">
      <section class="card" aria-label="Versions">
        <table class="table versions-table">
          <thead>
            <tr>
              <th scope="col" class="choice">Left</th>
              <th scope="col" class="choice">Right</th>
              <th scope="col">Snapshot</th>
              <th scope="col">State</th>
              <th scope="col" class="number">Size</th>
              <th scope="col">File changed</th>
              <th scope="col">
                <span class="hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((version) => (
              <VersionRow
                key={version.time}
                version={version}
                route={route}
                chosen={{ left: version.time === left, right: version.time === right }}
                onChoose={choose}
              />
            ))}
          </tbody>
        </table>
        {error && <Failure error={error} again={older} />}
        <div class="table-foot">
          {(same > 0 || showsAll) && (
            <label class="check">
              <input
                type="checkbox"
                checked={showsAll}
                onChange={(event) => setShowsAll(event.currentTarget.checked)}
              />
              <span>Show the snapshots in which nothing changed{same > 0 && ` (${same})`}</span>
            </label>
          )}
          {next !== undefined && <Button onPress={older}>Look into older snapshots</Button>}
        </div>
      </section>
      {left !== undefined && right !== undefined && left !== right
        ? <CompareVersions route={route} left={side(left)} right={side(right)} />
        : readable.length > 0 && (
          <p class="faint">
            {readable.length === 1
              ? "There is one version of it."
              : "Choose two versions to see them side by side."}
          </p>
        )}
    </div>
  );
}

function isFile({ entry }: Version): boolean {
  return entry?.kind === "file" || entry?.kind === "hardlink";
}

function earlierDifferent(
  versions: readonly Version[],
  time: number | undefined,
): number | undefined {
  const older = versions.filter((version) => time !== undefined && version.time < time);
  const current = versions.find((version) => version.time === time)?.entry;
  const differs = older.find(({ entry }) =>
    entry?.sizeBytes !== current?.sizeBytes || entry?.modified !== current?.modified
  );
  return (differs ?? older[0])?.time;
}

function VersionRow(
  { version, route, chosen, onChoose }: {
    readonly version: Version;
    readonly route: VersionsRoute;
    readonly chosen: { readonly left: boolean; readonly right: boolean };
    readonly onChoose: (side: "left" | "right", time: number) => void;
  },
): JSX.Element {
  const { time, entry, change, unreadable } = version;
  const { snapshot, archive, path } = route;
  const there = { ...snapshot, time };
  const [word, tone] = change === undefined ? ["", "plain" as const] : CHANGES[change];
  const side = (name: "left" | "right") => (
    <td class="choice">
      {isFile(version) && (
        <input
          type="radio"
          name={name}
          aria-label={`${formatTime(time)} on the ${name}`}
          checked={chosen[name]}
          onChange={() => onChoose(name, time)}
        />
      )}
    </td>
  );
  return (
    <tr class={time === snapshot.time ? "current" : ""}>
      {side("left")}
      {side("right")}
      <td>
        {entry === undefined
          ? <Moment seconds={time} />
          : (
            <Link to={{ view: "files", snapshot: there, archive, path }}>
              <Moment seconds={time} />
            </Link>
          )}
      </td>
      <td>
        {unreadable === undefined
          ? word && <Badge tone={tone}>{word}</Badge>
          : <span class="faint">{unreadable}</span>}
      </td>
      <td class="number">{entry?.sizeBytes !== undefined && formatSize(entry.sizeBytes)}</td>
      <td>{entry && <Moment seconds={entry.modified} />}</td>
      <td class="end">
        {isFile(version) && (
          <a
            class="button quiet only-icon"
            aria-label={`Download the version of ${formatTime(time)}`}
            title="Download"
            href={streamAddress("download", { ...there, archive, path, format: "file" })}
            download=""
          >
            <Icon name="download" />
          </a>
        )}
      </td>
    </tr>
  );
}
