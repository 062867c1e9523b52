import { type ConnectionSource, UnixListener, VsockListener } from "../../lib/duplex/mod.ts";
import { SystemError, UsageError } from "../../lib/errors/mod.ts";
import {
  GuestDisks,
  GuestImages,
  GuestService,
  parseNamedDevice,
  serveGuest,
} from "../../lib/guest/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { catchSignals } from "../signals/catch_signals.ts";
import { readTicket } from "./read_ticket.ts";

/** Writing an `o` here has the kernel power the machine off. */
const SYSTEM_REQUESTS = "/proc/sysrq-trigger";

/** `guest serve` (docs/guide/guest.md): runs until it is stopped, or nobody uses it. */
export async function runGuest(values: CommandValues, { output }: CommandContext): Promise<void> {
  const disks = new GuestDisks(values.texts("disk").map(parseNamedDevice));
  const ticket = readTicket(values.requiredText("ticket-file"));
  // What is wrong with a disk that was named is told before anybody asks for it.
  for (const name of await disks.names()) await disks.find(`${name}.img.fidx`);
  await using images = new GuestImages(disks, values.requiredText("mount-folder"));
  const listener = await listen(values.requiredText("listen"));
  using signals = catchSignals(() => output.log("info", "interrupted"));
  using service = new GuestService({
    images,
    ticket,
    timeoutMs: values.requiredInteger("timeout") * 1000,
    log: (message) => output.log("warn", message),
  });
  output.log("info", `listening on ${values.requiredText("listen")}`);
  const end = await serveGuest(listener, service, signals.signal);
  signals.rethrow();
  output.log("info", end === "unused" ? "nobody has used it in time" : "stopped");
  if (values.flag("power-off")) powerOff();
}

async function listen(text: string): Promise<ConnectionSource> {
  const [, kind, place] = /^(vsock|unix):(.+)$/.exec(text) ?? [];
  if (kind === "unix") return await UnixListener.listen(place!);
  if (kind === "vsock" && /^\d{1,10}$/.test(place!)) return VsockListener.listen(Number(place));
  throw new UsageError(`'${text}' is no place to listen: write vsock:PORT or unix:PATH`);
}

/** Everything is read-only, so nothing is lost. */
function powerOff(): void {
  try {
    Deno.writeTextFileSync(SYSTEM_REQUESTS, "o");
  } catch (cause) {
    throw new SystemError(1, `cannot power the machine off through ${SYSTEM_REQUESTS}`, { cause });
  }
}
