import type { JSX } from "preact";
import { dismiss, messages } from "../state/messages.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";

/** What was done or failed, told at the lower edge. */
export function Messages(): JSX.Element {
  return (
    <div class="messages" role="status" aria-live="polite">
      {messages.value.map(({ id, kind, text, link }) => (
        <div key={id} class={`message ${kind}`}>
          <Icon name={kind === "done" ? "check" : "warning"} />
          <span>{text}</span>
          {link && <Link to={link.to}>{link.text}</Link>}
          <Button kind="quiet" icon="cross" label="Dismiss" onPress={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
