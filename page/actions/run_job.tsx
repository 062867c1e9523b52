import type { JSX } from "preact";
import type { PageJob } from "../../lib/page/page_api.ts";
import { Confirm } from "../parts/dialog.tsx";
import { Name } from "../parts/name.tsx";
import { act } from "../requests/send_request.ts";
import { safeText } from "../text/safe_text.ts";
import { tellStarted } from "./confirm_actions.tsx";

const EFFECTS: Readonly<Record<PageJob["kind"], string>> = {
  gc: "Chunks that no snapshot needs are removed, which frees their space.",
  prune: "Snapshots that no rule of the job keeps are removed for good.",
  sync: "Snapshots that are new at one end are copied to the other.",
  verify: "Data is read and compared with its checksums.",
};

/** Asks before a job is started. */
export function RunJob(
  { job, name, onClose }: {
    readonly job: PageJob;
    /** Its name, for people. */
    readonly name: string;
    readonly onClose: () => void;
  },
): JSX.Element {
  const { kind, store, ns, id } = job;
  const run = async () => {
    const started = await act("job-run", { kind, store, ...id === undefined ? {} : { id } });
    tellStarted(safeText(name), started);
  };
  return (
    <Confirm
      title="Run the job now"
      verb="Run it"
      isDangerous={kind === "prune"}
      act={run}
      onClose={onClose}
    >
      <p>
        <strong>
          <Name text={name} />
        </strong>{" "}
        on{" "}
        <strong>
          <Name text={ns === "" ? store : `${store}, namespace ${ns}`} />
        </strong>
      </p>
      <p>{EFFECTS[kind]} The schedule goes on from now.</p>
    </Confirm>
  );
}
