import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageKeep, PagePruneDecisions } from "../../lib/page/page_api.ts";
import { Failure } from "../parts/await.tsx";
import { Badge } from "../parts/badge.tsx";
import { Button } from "../parts/button.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { asPageError, type PageError } from "../requests/page_error.ts";
import { act } from "../requests/send_request.ts";
import type { Group } from "../state/route.ts";
import { formatCount } from "../text/sizes.ts";
import { tellStarted } from "./confirm_actions.tsx";

const RULES: readonly (readonly [keyof PageKeep, string])[] = [
  ["last", "Last"],
  ["hourly", "Hourly"],
  ["daily", "Daily"],
  ["weekly", "Weekly"],
  ["monthly", "Monthly"],
  ["yearly", "Yearly"],
];

/** A preview, and the rules it belongs to. */
interface Preview {
  readonly keep: PageKeep;
  readonly decisions: PagePruneDecisions["decisions"];
}

/** Removes the snapshots of a group that no rule keeps, after showing which those are. */
export function Prune(
  { group, onClose }: { readonly group: Group; readonly onClose: () => void },
): JSX.Element {
  const [texts, setTexts] = useState<Partial<Record<keyof PageKeep, string>>>({
    daily: "7",
    weekly: "4",
    monthly: "12",
  });
  const [preview, setPreview] = useState<Preview>();
  const [error, setError] = useState<PageError>();
  const [isBusy, setBusy] = useState(false);
  const keep = keepOf(texts);
  const attempt = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (cause) {
      setError(asPageError(cause));
      setPreview(undefined);
    }
    setBusy(false);
  };
  const show = () =>
    attempt(async () => {
      if (keep === undefined) return;
      const { decisions } = await act("prune-preview", { ...group, keep });
      setPreview({ keep, decisions });
    });
  const removed = preview?.decisions.filter((decision) => !decision.keep) ?? [];
  const prune = () =>
    attempt(async () => {
      if (preview === undefined) return;
      const remove = removed.map(({ time }) => time);
      tellStarted("Prune", await act("prune", { ...group, keep: preview.keep, remove }));
      onClose();
    });
  return (
    <Dialog title="Prune" onClose={onClose} wide>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          show();
        }}
      >
        <div class="dialog-body">
          <p>
            Of{" "}
            <strong>
              <Name text={`${group.type}/${group.id}`} />
            </strong>{" "}
            keep the newest snapshot of each of the last:
          </p>
          <div class="keep-rules">
            {RULES.map(([rule, name]) => (
              <label key={rule} class="field">
                <span>{name}</span>
                <input
                  type="number"
                  min="0"
                  max="9999"
                  inputMode="numeric"
                  value={texts[rule] ?? ""}
                  onInput={(event) => {
                    setTexts({ ...texts, [rule]: event.currentTarget.value });
                    setPreview(undefined);
                  }}
                />
              </label>
            ))}
          </div>
          {keep === undefined && <p class="faint">Give at least one number above zero.</p>}
          {error && <Failure error={error} />}
          {preview && <Decisions preview={preview} />}
        </div>
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          {preview === undefined
            ? (
              <button type="submit" class="button main" disabled={isBusy || keep === undefined}>
                <span>{isBusy ? "Please wait…" : "Preview"}</span>
              </button>
            )
            : (
              <Button kind="danger" disabled={isBusy || removed.length === 0} onPress={prune}>
                {removed.length === 0
                  ? "Nothing to remove"
                  : `Remove ${formatCount(removed.length, "snapshot")}`}
              </Button>
            )}
        </footer>
      </form>
    </Dialog>
  );
}

function keepOf(texts: Partial<Record<keyof PageKeep, string>>): PageKeep | undefined {
  const numbers = Object.entries(texts)
    .map(([rule, text]) => [rule, Number(text)] as const)
    .filter(([, number]) => Number.isInteger(number) && number > 0);
  return numbers.length === 0 ? undefined : Object.fromEntries(numbers);
}

function Decisions({ preview }: { readonly preview: Preview }): JSX.Element {
  const removed = preview.decisions.filter(({ keep }) => !keep).length;
  return (
    <section aria-label="Preview">
      <p role="status">
        <strong>{formatCount(removed, "snapshot")} would be removed</strong>,{" "}
        {preview.decisions.length - removed} kept. Nothing has been changed yet.
      </p>
      <div class="scrolls" tabIndex={0} role="group" aria-label="Decisions">
        <table class="table decisions">
          <thead>
            <tr>
              <th scope="col">Snapshot</th>
              <th scope="col">Decision</th>
            </tr>
          </thead>
          <tbody>
            {preview.decisions.map(({ time, keep, isProtected }) => (
              <tr key={time} class={keep ? "" : "goes"}>
                <td>
                  <Moment seconds={time} as="zone" />
                </td>
                <td>
                  {isProtected
                    ? <Badge tone="info" icon="lock">keep, protected</Badge>
                    : keep
                    ? <Badge tone="good">keep</Badge>
                    : <Badge tone="bad">remove</Badge>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
