/** Bytes at a file's start that tell what it is. */
export const SNIFFED_BYTES = 4096;

/** Images that browsers draw without running anything that is in them; SVG does not belong there. */
const IMAGES: readonly (readonly [type: string, parts: readonly (readonly [number, string])[]])[] =
  [
    ["image/png", [[0, "\x89PNG\r\n\x1a\n"]]],
    ["image/jpeg", [[0, "\xff\xd8\xff"]]],
    ["image/gif", [[0, "GIF8"]]],
    ["image/webp", [[0, "RIFF"], [8, "WEBP"]]],
    ["image/avif", [[4, "ftypavif"]]],
    ["image/bmp", [[0, "BM"], [6, "\0\0\0\0"]]],
  ];

/** Type of an image by its first bytes; undefined if it is none that is shown. */
export function imageTypeOf(start: Uint8Array): string | undefined {
  return IMAGES.find(([, parts]) => parts.every(([at, text]) => hasAt(start, at, text)))?.[0];
}

/** Kind of a file's content by its first bytes. */
export function previewOf(start: Uint8Array): "text" | "image" | "binary" {
  if (imageTypeOf(start) !== undefined) return "image";
  return isText(start) ? "text" : "binary";
}

function hasAt(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** UTF-8 without controls other than those of texts; it may be cut off in a character. */
function isText(start: Uint8Array): boolean {
  for (const byte of start) {
    const isControl = byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d &&
      byte !== 0x0c && byte !== 0x1b;
    if (isControl) return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(start, {
      stream: start.length >= SNIFFED_BYTES,
    });
    return true;
  } catch {
    return false;
  }
}
