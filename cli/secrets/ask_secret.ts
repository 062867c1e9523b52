import { CancelledError } from "../../lib/errors/mod.ts";
import { SecretEditor } from "./secret_editor.ts";

/**
 * Asks for a secret on the terminal, without showing it (spec: cli.md §2.4). The prompt goes to the
 * standard output if that is a terminal, else straight to the terminal.
 *
 * @param prompt For instance `Password for "joe@pbs": `.
 * @throws {CancelledError} on Ctrl-C, or if the terminal goes away.
 */
export function askSecret(prompt: string): string {
  using terminal = openTerminal();
  const encoder = new TextEncoder();
  const show = (text: string) => void terminal.writeSync(encoder.encode(text));
  const editor = new SecretEditor();
  const buffer = new Uint8Array(1);
  Deno.stdin.setRaw(true);
  try {
    show(prompt);
    while (true) {
      const count = Deno.stdin.readSync(buffer);
      if (count === null) throw new CancelledError("cancelled");
      if (count === 0) continue;
      const { show: echo, done } = editor.type(buffer[0]!);
      if (echo !== "") show(echo);
      if (done) break;
    }
  } finally {
    Deno.stdin.setRaw(false);
  }
  return editor.text();
}

function openTerminal(): { writeSync(bytes: Uint8Array): number } & Disposable {
  if (!Deno.stdout.isTerminal()) return Deno.openSync("/dev/tty", { write: true });
  return {
    writeSync: (bytes) => Deno.stdout.writeSync(bytes),
    [Symbol.dispose]: () => {},
  };
}
