import type { JSX } from "preact";

/** Bytes in a row. */
const WIDTH = 16;

function row(bytes: Uint8Array, offset: number): string {
  const part = [...bytes.subarray(offset, offset + WIDTH)];
  const hex = part.map((byte) => byte.toString(16).padStart(2, "0"));
  const padded = [...hex, ...Array(WIDTH - hex.length).fill("  ")];
  const halves = [padded.slice(0, 8).join(" "), padded.slice(8).join(" ")].join("  ");
  const shown = part.map((byte) => byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");
  return `${offset.toString(16).padStart(8, "0")}  ${halves}  ${shown.join("")}`;
}

/** Bytes as hexadecimal numbers, with the characters beside them. */
export function HexPreview({ bytes }: { readonly bytes: Uint8Array }): JSX.Element {
  if (bytes.length === 0) return <p class="faint">There is no content.</p>;
  const rows: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += WIDTH) rows.push(row(bytes, offset));
  return <pre class="hex" tabIndex={0} aria-label="Content in hexadecimal">{rows.join("\n")}</pre>;
}
