import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageNotesQuery, PageSnapshots } from "../../lib/page/page_api.ts";
import { ForgetGroup, Verify } from "../actions/confirm_actions.tsx";
import { EditNotes } from "../actions/edit_notes.tsx";
import { Prune } from "../actions/prune.tsx";
import { Calendar } from "../calendar/calendar.tsx";
import { Await, Empty } from "../parts/await.tsx";
import { Badge } from "../parts/badge.tsx";
import { Figure } from "../parts/figure.tsx";
import { Menu, type MenuItem } from "../parts/menu.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { look } from "../requests/send_request.ts";
import { type Group, type Route, show } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { formatSpan } from "../text/dates.ts";
import { formatSize } from "../text/sizes.ts";
import { SnapshotTable } from "./snapshot_table.tsx";

type GroupRoute = Extract<Route, { readonly view: "group" }>;

/** A group: its snapshots in a calendar and as a list. */
export function GroupView({ route }: { readonly route: GroupRoute }): JSX.Element {
  const { group } = route;
  const loaded = useLoad(
    `snapshots ${JSON.stringify(group)}`,
    (signal) => look("snapshots", group, signal),
    30_000,
  );
  return (
    <Await of={loaded} what="the snapshots" lines={10}>
      {(answer) =>
        answer.snapshots.length === 0
          ? (
            <Empty title="This group has no snapshots">
              <p>They were pruned or forgotten, or the first backup has not ended yet.</p>
            </Empty>
          )
          : <GroupOf route={route} answer={answer} />}
    </Await>
  );
}

function GroupOf(
  { route, answer }: { readonly route: GroupRoute; readonly answer: PageSnapshots },
): JSX.Element {
  const { group, day } = route;
  const [asks, setAsks] = useState<"prune" | "verify" | "forget" | "notes">();
  const { snapshots, rights } = answer;
  const close = () => setAsks(undefined);
  const items: MenuItem[] = [];
  if (rights.modify) {
    items.push({ text: "Notes of the group…", icon: "note", act: () => setAsks("notes") });
  }
  if (rights.verify) {
    items.push({ text: "Verify its snapshots…", icon: "check", act: () => setAsks("verify") });
  }
  if (rights.prune) {
    items.push({ text: "Prune…", icon: "scissors", act: () => setAsks("prune") });
    items.push({
      text: "Forget the group…",
      icon: "trash",
      isDangerous: true,
      act: () => setAsks("forget"),
    });
  }
  const size = snapshots.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return (
    <>
      <section class="card" aria-labelledby="group-title">
        <header class="part-head">
          <h2 id="group-title">
            <Name text={`${group.type}/${group.id}`} />
          </h2>
          <Menu label={`Actions on ${group.type}/${group.id}`} text="Actions" items={items} />
        </header>
        <GroupNotes target={group} />
        <Summary answer={answer} size={size} />
        <Calendar
          snapshots={snapshots}
          chosen={day}
          onChoose={(chosen) =>
            show(
              { view: "group", group, ...chosen === undefined ? {} : { day: chosen } },
              "replace",
            )}
        />
      </section>
      <SnapshotTable
        group={group}
        answer={answer}
        day={day}
        onAllDays={() => show({ view: "group", group }, "replace")}
      />
      {asks === "prune" && <Prune group={group} onClose={close} />}
      {asks === "notes" && <EditNotes target={group} onClose={close} />}
      {asks === "verify" && (
        <Verify what={`${group.type}/${group.id}`} target={group} onClose={close} />
      )}
      {asks === "forget" && (
        <ForgetGroup
          group={group}
          count={snapshots.length}
          sizeBytes={size}
          onClose={close}
          onDone={() => show({ view: "store", store: group.store, ns: group.ns })}
        />
      )}
    </>
  );
}

function GroupNotes({ target }: { readonly target: PageNotesQuery & Group }): JSX.Element | null {
  const loaded = useLoad(
    `notes ${JSON.stringify(target)}`,
    (signal) => look("notes", target, signal),
  );
  const notes = loaded.value?.notes ?? "";
  return notes === "" ? null : (
    <p class="notes">
      <Name text={notes.split("\n")[0]!} />
    </p>
  );
}

function Summary(
  { answer, size }: { readonly answer: PageSnapshots; readonly size: number },
): JSX.Element {
  const { snapshots, expectedSeconds } = answer;
  const newest = snapshots[0]!.time;
  const age = Date.now() / 1000 - newest;
  const isLate = expectedSeconds !== undefined && age > expectedSeconds * 1.5 + 3600;
  return (
    <dl class="figures">
      <Figure name="Newest" value={<Moment seconds={newest} as="age" />}>
        {expectedSeconds === undefined ? "too few to know how often" : (
          <>
            <Badge tone={isLate ? "warn" : "good"} {...isLate ? { icon: "clock" } : {}}>
              {isLate ? "late" : "on time"}
            </Badge>{" "}
            one every {formatSpan(expectedSeconds)} is usual
          </>
        )}
      </Figure>
      <Figure name="Snapshots" value={snapshots.length.toLocaleString("en")}>
        the oldest <Moment seconds={snapshots.at(-1)!.time} as="age" />
      </Figure>
      <Figure name="Sum of sizes" value={formatSize(size)}>before deduplication</Figure>
      <Figure
        name="Verified"
        value={snapshots.filter(({ verification }) => verification?.state === "ok").length}
      >
        of {snapshots.length}
      </Figure>
    </dl>
  );
}
