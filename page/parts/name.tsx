import type { JSX } from "preact";
import { safeParts } from "../text/safe_text.ts";

/** A name from outside: text and never markup, isolated, with what cannot be seen as marked escapes. */
export function Name({ text }: { readonly text: string }): JSX.Element {
  const parts = safeParts(text);
  if (parts.length === 1 && parts[0]!.meaning === undefined) {
    return <bdi class="name">{parts[0]!.text}</bdi>;
  }
  return (
    <bdi class="name">
      {parts.map((part, index) =>
        part.meaning === undefined
          ? part.text
          : <span key={index} class="escape" title={part.meaning}>{part.text}</span>
      )}
    </bdi>
  );
}
