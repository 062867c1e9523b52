import type { ComponentChildren, JSX } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { asPageError, type PageError } from "../requests/page_error.ts";
import { Failure } from "./await.tsx";
import { Button } from "./button.tsx";

/** A window over the page that keeps the focus; Escape closes it. */
export function Dialog(
  { title, onClose, wide, children }: {
    readonly title: string;
    readonly onClose: () => void;
    readonly wide?: boolean;
    readonly children: ComponentChildren;
  },
): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before the next key can come: it would meet what lies below.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = element.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      // What it was opened from may be gone with what was done.
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.getElementById("content")?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog${wide ? " wide" : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === element.current && onClose()}
    >
      <div class="dialog-inside">
        <header class="dialog-head">
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" icon="cross" label="Close" onPress={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** A dialog that does something when it is confirmed, and says so if it fails. */
export function Confirm(
  { title, verb, isDangerous, isReady = true, act, onClose, children }: {
    readonly title: string;
    /** Text of the button. */
    readonly verb: string;
    readonly isDangerous?: boolean;
    /** Whether enough was filled in. */
    readonly isReady?: boolean;
    readonly act: () => Promise<void>;
    readonly onClose: () => void;
    readonly children: ComponentChildren;
  },
): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<PageError>();
  const confirm = async (event: Event) => {
    event.preventDefault();
    if (isBusy || !isReady) return;
    setBusy(true);
    setError(undefined);
    try {
      await act();
      onClose();
    } catch (cause) {
      setError(asPageError(cause));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={confirm}>
        <div class="dialog-body">
          {children}
          {error && <Failure error={error} />}
        </div>
        <footer class="dialog-foot">
          <Button onPress={onClose}>Cancel</Button>
          <button
            type="submit"
            class={`button ${isDangerous ? "danger" : "main"}`}
            disabled={isBusy || !isReady}
          >
            <span>{isBusy ? "Please wait…" : verb}</span>
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
