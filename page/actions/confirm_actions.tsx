import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageStarted, PageVerify } from "../../lib/page/page_api.ts";
import { Confirm } from "../parts/dialog.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { act } from "../requests/send_request.ts";
import { reload } from "../state/generation.ts";
import { tell } from "../state/messages.ts";
import type { Group, Snapshot } from "../state/route.ts";
import { safeText } from "../text/safe_text.ts";
import { formatCount, formatSize } from "../text/sizes.ts";

/** Tells that a task was started, with the way to its log. */
export function tellStarted(what: string, { store, upid }: PageStarted): void {
  tell({
    kind: "done",
    text: `${what} was started`,
    link: { text: "Follow it", to: { view: "task", store, upid } },
  });
  reload();
}

/** Asks before garbage is collected. */
export function CollectGarbage(
  { store, name, onClose }: {
    readonly store: string;
    readonly name: string;
    readonly onClose: () => void;
  },
): JSX.Element {
  const run = async () => tellStarted("Garbage collection", await act("gc", { store }));
  return (
    <Confirm title="Collect garbage" verb="Start" act={run} onClose={onClose}>
      <p>
        Chunks of{" "}
        <strong>
          <Name text={name} />
        </strong>{" "}
        that no snapshot needs are removed, which frees their space. Snapshots stay as they are.
      </p>
      <p class="faint">
        What was used in the last day or so is kept. It may take long and reads all indexes.
      </p>
    </Confirm>
  );
}

/** Asks before something is verified. */
export function Verify(
  { what, target, onClose }: {
    /** What it is, for people: `all snapshots of host/web1`. */
    readonly what: string;
    readonly target: PageVerify;
    readonly onClose: () => void;
  },
): JSX.Element {
  const [skip, setSkip] = useState(target.time === undefined);
  const run = async () =>
    tellStarted("Verification", await act("verify", { ...target, skipVerified: skip }));
  return (
    <Confirm title="Verify" verb="Start" act={run} onClose={onClose}>
      <p>
        The data of{" "}
        <strong>
          <Name text={what} />
        </strong>{" "}
        is read and compared with its checksums. Nothing is changed, but for a note of the outcome,
        and damaged chunks are set aside so that the next backup can replace them.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={skip}
          onChange={(event) => setSkip(event.currentTarget.checked)}
        />
        <span>Leave out what was verified before</span>
      </label>
    </Confirm>
  );
}

/** Asks before a snapshot is protected, or given free. */
export function Protect(
  { snapshot, isProtected, onClose }: {
    readonly snapshot: Snapshot;
    /** What it is to be. */
    readonly isProtected: boolean;
    readonly onClose: () => void;
  },
): JSX.Element {
  const run = async () => {
    await act("protect", { ...snapshot, isProtected });
    tell({
      kind: "done",
      text: isProtected ? "The snapshot is protected" : "The snapshot is not protected any more",
    });
    reload();
  };
  return (
    <Confirm
      title={isProtected ? "Protect the snapshot" : "Remove the protection"}
      verb={isProtected ? "Protect" : "Remove the protection"}
      act={run}
      onClose={onClose}
    >
      <p>
        <SnapshotName snapshot={snapshot} />
      </p>
      <p>
        {isProtected
          ? "It can be neither pruned nor forgotten until the protection is removed."
          : "It can be pruned and forgotten then, also by the next scheduled run."}
      </p>
    </Confirm>
  );
}

/** Asks before a snapshot is removed. */
export function ForgetSnapshot(
  { snapshot, sizeBytes, onClose, onDone }: {
    readonly snapshot: Snapshot;
    readonly sizeBytes?: number | undefined;
    readonly onClose: () => void;
    readonly onDone?: () => void;
  },
): JSX.Element {
  const run = async () => {
    await act("forget", snapshot);
    tell({ kind: "done", text: "The snapshot was removed" });
    onDone?.();
    reload();
  };
  return (
    <Confirm title="Forget the snapshot" verb="Forget it" isDangerous act={run} onClose={onClose}>
      <p>
        <SnapshotName snapshot={snapshot} />
        {sizeBytes !== undefined && ` (${formatSize(sizeBytes)})`}
      </p>
      <p>
        It is removed for good and cannot be restored afterwards. Other snapshots stay. The space is
        freed by a later garbage collection.
      </p>
    </Confirm>
  );
}

/** Asks before a group is removed with all its snapshots. */
export function ForgetGroup(
  { group, count, sizeBytes, onClose, onDone }: {
    readonly group: Group;
    readonly count: number;
    readonly sizeBytes: number;
    readonly onClose: () => void;
    readonly onDone: () => void;
  },
): JSX.Element {
  const [typed, setTyped] = useState("");
  const name = `${group.type}/${group.id}`;
  const run = async () => {
    try {
      await act("forget", group);
    } finally {
      reload(); // also if protected ones have stayed
    }
    tell({ kind: "done", text: `The group ${safeText(name)} was removed` });
    onDone();
  };
  return (
    <Confirm
      title="Forget the whole group"
      verb={`Forget ${formatCount(count, "snapshot")}`}
      isDangerous
      isReady={typed === name}
      act={run}
      onClose={onClose}
    >
      <p>
        <strong>
          <Name text={name} />
        </strong>{" "}
        is removed with {count === 1 ? "its snapshot" : `all its ${count} snapshots`}{" "}
        ({formatSize(sizeBytes)}), for good; none of them can be restored afterwards. Protected ones
        stay.
      </p>
      <label class="field">
        <span>
          Type{" "}
          <code>
            <Name text={name} />
          </code>{" "}
          to confirm
        </span>
        <input
          type="text"
          value={typed}
          autoComplete="off"
          spellcheck={false}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </label>
    </Confirm>
  );
}

/** Asks before a task is stopped. */
export function StopTask(
  { store, upid, what, onClose }: {
    readonly store: string;
    readonly upid: string;
    readonly what: string;
    readonly onClose: () => void;
  },
): JSX.Element {
  const run = async () => {
    await act("task-stop", { store, upid });
    tell({ kind: "done", text: "The task was asked to stop" });
    reload();
  };
  return (
    <Confirm title="Stop the task" verb="Stop it" isDangerous act={run} onClose={onClose}>
      <p>
        <strong>{what}</strong>
      </p>
      <p>It ends as soon as it can; what it has done so far stays.</p>
    </Confirm>
  );
}

/** A snapshot by group and time. */
export function SnapshotName({ snapshot }: { readonly snapshot: Snapshot }): JSX.Element {
  return (
    <strong>
      <Name text={`${snapshot.type}/${snapshot.id}`} />,{" "}
      <Moment seconds={snapshot.time} as="zone" />
    </strong>
  );
}
