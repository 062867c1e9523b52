import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { show } from "../state/route.ts";
import { useStores } from "../state/use_stores.ts";
import { safeText } from "../text/safe_text.ts";
import { TaskList } from "./task_list.tsx";

/** All tasks, or those of a datastore. */
export function TasksView({ store }: { readonly store: string | undefined }): JSX.Element {
  const [onlyRunning, setOnlyRunning] = useState(false);
  const stores = useStores().value ?? [];
  return (
    <section class="card" aria-labelledby="tasks-title">
      <header class="part-head">
        <h2 id="tasks-title">Tasks</h2>
        <div class="actions">
          {stores.length > 1 && (
            <label class="inline-field">
              <span>Datastore</span>
              <select
                value={store ?? ""}
                onChange={(event) => {
                  const chosen = event.currentTarget.value;
                  show(chosen === "" ? { view: "tasks" } : { view: "tasks", store: chosen });
                }}
              >
                <option value="">all</option>
                {stores.map((each) => (
                  <option key={each.store} value={each.store}>{safeText(each.name)}</option>
                ))}
              </select>
            </label>
          )}
          <label class="check">
            <input
              type="checkbox"
              checked={onlyRunning}
              onChange={(event) => setOnlyRunning(event.currentTarget.checked)}
            />
            <span>Only running</span>
          </label>
        </div>
      </header>
      <TaskList store={store} limit={200} onlyRunning={onlyRunning} />
    </section>
  );
}
