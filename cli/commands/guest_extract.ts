import type { GuestClient, GuestFormat } from "../../lib/guest/mod.ts";
import type { IncomingBody } from "../../lib/http/mod.ts";
import { quotePath } from "../../lib/bytes/mod.ts";
import { ConnectionError, PbsError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { BASE64_OPTION, GUEST_OPTIONS, GUEST_PATH_POSITIONAL } from "../guest/guest_options.ts";
import { guestPath, openGuest } from "../guest/open_guest.ts";
import { isBrokenPipe } from "../output/is_broken_pipe.ts";
import { ClosedOutputError } from "../output/output.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** `guest extract`: ours, after the `extract` of proxmox-file-restore (spec: cli.md §7.2). */
export const command: CommandDefinition = {
  description: "Extract a file or directory from an image that a guest serves.",
  positionals: [
    GUEST_PATH_POSITIONAL,
    {
      name: "target",
      type: { kind: "string", acceptsBytes: true },
      completion: "file-name",
      description: "Directory to extract to; created if it is not there, the current one if " +
        "absent. - for the standard output.",
    },
  ],
  options: [
    ...GUEST_OPTIONS,
    BASE64_OPTION,
    {
      name: "format",
      type: { kind: "enum", values: ["plain", "pxar", "zip", "tar"] },
      description: "Form on the standard output: plain, the content of a file as it is, which is " +
        "the default for files; pxar or tar with all metadata; or zip, the default for directories.",
    },
    {
      name: "zstd",
      type: { kind: "boolean" },
      default: false,
      description: "Compress what is written to the standard output.",
    },
  ],
  output: "none",
  run: extract,
};

async function extract(values: CommandValues, context: CommandContext): Promise<void> {
  const path = guestPath(values);
  const isStream = values.text("target") === "-";
  if (!isStream && (values.has("format") || values.flag("zstd"))) {
    throw new UsageError("--format and --zstd are for the standard output: write - as the target");
  }
  const guest = await openGuest(values, true);
  using signals = catchSignals(() => context.output.log("info", "interrupted"));
  try {
    if (isStream) await writeStream(guest, path, values, signals.signal);
    else await extractTree(guest, path, values, context, signals.signal);
  } catch (error) {
    signals.rethrow();
    if (isBrokenPipe(error)) {
      throw new ClosedOutputError("Standard output is closed", { cause: error });
    }
    throw error;
  }
}

async function writeStream(
  guest: GuestClient,
  path: Uint8Array,
  values: CommandValues,
  signal: AbortSignal,
): Promise<void> {
  const format = values.text("format") as GuestFormat | undefined;
  const isArchive = format !== undefined && format !== "plain";
  if ((isArchive || values.flag("zstd")) && Deno.stdout.isTerminal()) {
    throw new UsageError("an archive is nothing for a terminal, redirect it into a file");
  }
  await using extracted = await guest.extract(path, format, values.flag("zstd"));
  for await (const piece of extracted.body) {
    signal.throwIfAborted();
    for (let done = 0; done < piece.length;) {
      done += await Deno.stdout.write(piece.subarray(done));
    }
  }
}

async function extractTree(
  guest: GuestClient,
  path: Uint8Array,
  values: CommandValues,
  { output }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  const [{ extractArchiveFile }, { patternOfLastName }] = await Promise.all([
    import("../../lib/archive_files/mod.ts"),
    import("../../lib/guest/mod.ts"),
  ]);
  // The directory that it is in comes with it; what it is like does not matter here.
  const pattern = patternOfLastName(path);
  await using extracted = await guest.extract(path, "pxar", false);
  signal.addEventListener("abort", () => {
    extracted[Symbol.asyncDispose]();
  }, { once: true });
  const stream = new WatchedStream(extracted.body);
  const report = await extractArchiveFile({
    archive: { name: "the guest's archive", pieces: stream },
    target: values.bytes("target") ?? new TextEncoder().encode("."),
    patterns: [pattern],
    choices: { allowExistingDirs: true, keepsTarget: true },
    isStrict: false,
    signal,
  }, {
    log: (level, message) => output.log(level, message),
    failed: ({ path: failed, message }) =>
      output.log("error", `error at "/${quotePath(failed).slice(1)}: ${message}`),
    unmatched: () => {},
  }).catch((error) => {
    throw stream.failure ?? error;
  });
  // The end of the archive is not yet that of the answer, which tells whether all is well.
  await stream.finish();
  if (report.errorCount > 0) throw new PbsError("there were errors");
}

/** An answer that tells, besides its bytes, how it has ended. */
class WatchedStream implements AsyncIterable<Uint8Array> {
  /** The failure that broke it. */
  failure: unknown;

  constructor(private readonly body: IncomingBody) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (let piece = await this.#read(); piece !== undefined; piece = await this.#read()) {
      yield piece;
    }
  }

  /** @throws What broke it, or that it goes on behind the archive. */
  async finish(): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    if (await this.#read() === undefined) return;
    throw new ConnectionError("the guest sends more than an archive");
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return await this.body.read();
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }
}
