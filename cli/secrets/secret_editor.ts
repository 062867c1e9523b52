import { CancelledError, UsageError } from "../../lib/errors/mod.ts";

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const BACKSPACES = [0x08, 0x7f];
const TAB = 0x09;
const LINE_ENDS = [0x0a, 0x0d];

/**
 * Text typed at a prompt for a secret (spec: cli.md §2.4): one `*` per byte, Tab hides what
 * follows, Backspace takes the last character back, Enter and Ctrl-D end it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const editor = new SecretEditor();
 * const shown = [..."abc\x7f\r"].map((key) => editor.type(key.charCodeAt(0)).show).join("");
 * assertEquals(shown, "***\b \b\n");
 * assertEquals(editor.text(), "ab");
 * ```
 */
export class SecretEditor {
  readonly #bytes: number[] = [];
  #isHidden = false;

  /**
   * Takes one byte from the terminal.
   *
   * @returns What to show, and whether the secret is complete.
   * @throws {CancelledError} on Ctrl-C.
   */
  type(byte: number): { readonly show: string; readonly done: boolean } {
    if (byte === CTRL_C) throw new CancelledError("cancelled");
    if (byte === CTRL_D) return { show: "", done: true };
    if (LINE_ENDS.includes(byte)) return { show: "\n", done: true };
    if (byte === TAB) {
      this.#isHidden = true;
      return { show: "", done: false };
    }
    if (BACKSPACES.includes(byte)) {
      const removed = this.#takeBack();
      return { show: this.#isHidden ? "" : "\b \b".repeat(removed), done: false };
    }
    this.#bytes.push(byte);
    return { show: this.#isHidden ? "" : "*", done: false };
  }

  /** The secret. @throws {UsageError} if it is not UTF-8. */
  text(): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        new Uint8Array(this.#bytes),
      );
    } catch {
      throw new UsageError("the password is not valid UTF-8");
    }
  }

  /** Removes the last character. @returns Its bytes. */
  #takeBack(): number {
    let count = 0;
    let last: number | undefined;
    do {
      last = this.#bytes.pop();
      if (last !== undefined) count++;
      // Bytes 10xxxxxx continue a character.
    } while (last !== undefined && (last & 0xc0) === 0x80);
    return count;
  }
}
