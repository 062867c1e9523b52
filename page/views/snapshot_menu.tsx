import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageRights, PageSnapshot } from "../../lib/page/page_api.ts";
import { ForgetSnapshot, Protect, Verify } from "../actions/confirm_actions.tsx";
import { EditNotes } from "../actions/edit_notes.tsx";
import { Menu, type MenuItem } from "../parts/menu.tsx";
import { show, type Snapshot } from "../state/route.ts";
import { formatTime } from "../text/dates.ts";

/** What can be done with a snapshot. */
export function SnapshotMenu(
  { snapshot, details, rights, text, onForgotten }: {
    readonly snapshot: Snapshot;
    readonly details: PageSnapshot;
    readonly rights: PageRights;
    /** Text of the button, where there is room for one. */
    readonly text?: string;
    /** Called when it is not there any more. */
    readonly onForgotten?: () => void;
  },
): JSX.Element {
  const [asks, setAsks] = useState<"notes" | "protect" | "verify" | "forget">();
  const close = () => setAsks(undefined);
  const items: MenuItem[] = [];
  const upid = details.verification?.upid;
  if (rights.modify) {
    items.push({ text: "Notes…", icon: "note", act: () => setAsks("notes") });
    items.push({
      text: details.isProtected ? "Remove the protection…" : "Protect…",
      icon: "lock",
      act: () => setAsks("protect"),
    });
  }
  if (rights.verify) {
    items.push({ text: "Verify…", icon: "check", act: () => setAsks("verify") });
  }
  if (upid !== undefined) {
    items.push({
      text: "Log of the verification",
      icon: "tasks",
      act: () => show({ view: "task", store: snapshot.store, upid }),
    });
  }
  if (rights.prune && !details.isProtected) {
    items.push({
      text: "Forget…",
      icon: "trash",
      isDangerous: true,
      act: () => setAsks("forget"),
    });
  }
  const name = `${snapshot.type}/${snapshot.id}, ${formatTime(snapshot.time)}`;
  return (
    <>
      <Menu
        label={`Actions on the snapshot of ${formatTime(snapshot.time)}`}
        items={items}
        {...text === undefined ? {} : { text }}
      />
      {asks === "notes" && <EditNotes target={snapshot} onClose={close} />}
      {asks === "protect" && (
        <Protect snapshot={snapshot} isProtected={!details.isProtected} onClose={close} />
      )}
      {asks === "verify" && <Verify what={name} target={snapshot} onClose={close} />}
      {asks === "forget" && (
        <ForgetSnapshot
          snapshot={snapshot}
          sizeBytes={details.sizeBytes}
          onClose={close}
          {...onForgotten === undefined ? {} : { onDone: onForgotten }}
        />
      )}
    </>
  );
}
