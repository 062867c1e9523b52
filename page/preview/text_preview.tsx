import type { JSX } from "preact";

/** A text as it is in a file. */
export function TextPreview(
  { bytes, wraps }: { readonly bytes: Uint8Array; readonly wraps: boolean },
): JSX.Element {
  if (bytes.length === 0) return <p class="faint">The file is empty.</p>;
  const text = new TextDecoder().decode(bytes);
  return <pre class={wraps ? "wraps" : ""} tabIndex={0} aria-label="Content">{text}</pre>;
}
