import { cutToWidth } from "./display_width.ts";
import type { LineFor } from "./output.ts";

/** A live line of a text, of which as much is shown as fits. */
export function liveText(text: string): LineFor {
  return (columns) => cutToWidth(text, columns);
}
