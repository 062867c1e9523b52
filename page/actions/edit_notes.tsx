import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageNotesQuery } from "../../lib/page/page_api.ts";
import { Await } from "../parts/await.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { act, look } from "../requests/send_request.ts";
import { reload } from "../state/generation.ts";
import { tell } from "../state/messages.ts";
import { useLoad } from "../state/use_load.ts";

/** Notes of a snapshot, or of a group without a time, to be changed. */
export function EditNotes(
  { target, onClose }: { readonly target: PageNotesQuery; readonly onClose: () => void },
): JSX.Element {
  const [notes, setNotes] = useState<string>();
  const loaded = useLoad(
    `notes ${JSON.stringify(target)}`,
    (signal) => look("notes", target, signal),
  );
  const save = async () => {
    await act("set-notes", { ...target, notes: notes ?? "" });
    tell({ kind: "done", text: "The notes were saved" });
    reload();
  };
  return (
    <Confirm
      title={target.time === undefined ? "Notes of the group" : "Notes of the snapshot"}
      verb="Save"
      isReady={notes !== undefined}
      act={save}
      onClose={onClose}
    >
      <Await of={loaded} what="the notes">
        {(stored) => (
          <label class="field">
            <span>Notes; the first line is shown in lists</span>
            <textarea
              rows={8}
              value={notes ?? stored.notes}
              onInput={(event) => setNotes(event.currentTarget.value)}
            />
          </label>
        )}
      </Await>
    </Confirm>
  );
}
