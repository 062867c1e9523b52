import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageSnapshot, PageSnapshots } from "../../lib/page/page_api.ts";
import { Badge } from "../parts/badge.tsx";
import { Button } from "../parts/button.tsx";
import { Link } from "../parts/link.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import type { Group } from "../state/route.ts";
import { formatDay, zoneOf } from "../text/dates.ts";
import { formatCount, formatSize } from "../text/sizes.ts";
import { SnapshotMenu } from "./snapshot_menu.tsx";

/** Rows that are drawn at first. */
const FIRST_ROWS = 60;

/** The snapshots of a group, newest first; of one day, if one is chosen. */
export function SnapshotTable(
  { group, answer, day, onAllDays }: {
    readonly group: Group;
    readonly answer: PageSnapshots;
    readonly day: string | undefined;
    readonly onAllDays: () => void;
  },
): JSX.Element {
  const [limit, setLimit] = useState(FIRST_ROWS);
  const all = answer.snapshots;
  const chosen = day === undefined ? all : all.filter(({ time }) => formatDay(time) === day);
  const shown = chosen.slice(0, limit);
  return (
    <section class="card" aria-labelledby="snapshots-title">
      <header class="part-head">
        <h2 id="snapshots-title">
          {day === undefined ? "Snapshots" : `Snapshots of ${day}`}
        </h2>
        {day !== undefined && <Button kind="quiet" onPress={onAllDays}>All days</Button>}
      </header>
      {chosen.length === 0
        ? <p class="faint">There was no backup on this day.</p>
        : (
          <table class="table snapshots">
            <thead>
              <tr>
                <th scope="col">Time ({zoneOf(all[0]!.time)})</th>
                <th scope="col" class="wide-only">Age</th>
                <th scope="col">State</th>
                <th scope="col" class="number">Size</th>
                <th scope="col" class="wide-only">Notes</th>
                <th scope="col">
                  <span class="hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((snapshot) => (
                <tr key={snapshot.time}>
                  <td>
                    <Link
                      class="strong"
                      to={{ view: "files", snapshot: { ...group, time: snapshot.time } }}
                    >
                      <Moment seconds={snapshot.time} />
                    </Link>
                  </td>
                  <td class="faint wide-only">
                    <Moment seconds={snapshot.time} as="age" />
                  </td>
                  <td class="badges">
                    <SnapshotState snapshot={snapshot} />
                  </td>
                  <td class="number">
                    {snapshot.sizeBytes !== undefined && formatSize(snapshot.sizeBytes)}
                  </td>
                  <td class="wide-only clip">
                    <Name text={snapshot.comment ?? ""} />
                  </td>
                  <td class="end">
                    <SnapshotMenu
                      snapshot={{ ...group, time: snapshot.time }}
                      details={snapshot}
                      rights={answer.rights}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      {chosen.length > limit && (
        <Button onPress={() => setLimit(limit * 4)}>
          Show more of {formatCount(chosen.length, "snapshot")}
        </Button>
      )}
    </section>
  );
}

/** What is known about a snapshot, in words. */
export function SnapshotState({ snapshot }: { readonly snapshot: PageSnapshot }): JSX.Element {
  const { verification, encryption, keyFingerprint } = snapshot;
  return (
    <>
      {!snapshot.isFinished && <Badge tone="warn" icon="warning">unfinished</Badge>}
      {verification?.state === "ok" && <Badge tone="good" icon="check">verified</Badge>}
      {verification?.state === "failed" && <Badge tone="bad" icon="warning">damaged</Badge>}
      {snapshot.isProtected && <Badge tone="info" icon="lock">protected</Badge>}
      {encryption !== "none" && (
        <Badge
          icon={encryption === "signed" ? "shield" : "key"}
          title={`Key ${keyFingerprint ?? "?"}`}
        >
          {encryption === "mixed" ? "partly encrypted" : encryption}
        </Badge>
      )}
    </>
  );
}
