import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";
import { openRepository } from "../repository/open_repository.ts";
import { warnOfRate } from "../repository/warn_of_rate.ts";
import { catchSignals } from "../signals/catch_signals.ts";
import { VERSION } from "../version.ts";
import { describeError } from "../../lib/errors/mod.ts";

/** `browse`: ours, a repository as page in the browser. */
export const command: CommandDefinition = {
  description: "Show a repository in the browser: snapshots, files, tasks. The page is served on " +
    "this machine only, to whoever has the address that is printed, until Ctrl-C.",
  positionals: [],
  options: [
    ...REPOSITORY_OPTIONS,
    ALSO_FROM_OPTION,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    {
      name: "page-port",
      type: { kind: "integer", minimum: 0, maximum: 65535 },
      default: 0,
      description: "Port of the page on 127.0.0.1; 0 takes a free one.",
    },
    {
      name: "open",
      type: { kind: "boolean" },
      default: false,
      description: "Open the page in the desktop's browser, by xdg-open.",
    },
  ],
  output: "none",
  run: browse,
};

async function browse(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  await using repository = await openRepository(values, context, { alsoFrom: { isLasting: true } });
  warnOfRate(values, context);
  const crypt = await openRestoreKey(readCryptOptions(values, context), context);
  // Whoever cannot log in hears of it here and not in the browser.
  await repository.status();
  const { keepMemorySmall, LoopbackPageServer, SinglePageSource } = await import(
    "../../lib/page/mod.ts"
  );
  keepMemorySmall();
  using signals = catchSignals(() => output.log("info", "stopping"));
  await using server = LoopbackPageServer.start({
    source: new SinglePageSource({
      repository,
      crypt,
      keyAdvice: "the contents are encrypted, and no key was given: " +
        "start browse with --keyfile",
    }),
    session: {
      title: repository.displayName,
      version: VERSION,
      hasKey: crypt !== undefined,
      ...(crypt === undefined ? {} : { keyFingerprint: crypt.keyId }),
      ...(repository.authId === undefined ? {} : { user: repository.authId }),
    },
    port: values.integer("page-port") ?? 0,
    failed: (error) => output.log("error", `internal error: ${describeError(error).join(": ")}`),
  });
  output.printLine(server.url);
  output.log("info", "The address is good for one browser. Ctrl-C ends the page.");
  if (values.flag("open")) {
    await openInBrowser(server.url, "xdg-open", context);
  }
  if (!signals.signal.aborted) {
    await new Promise<void>((resolve) => {
      signals.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

async function openInBrowser(
  url: string,
  program: string,
  { output }: CommandContext,
): Promise<void> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (!success) output.log("warn", `${program} could not open the page`);
  } catch (error) {
    output.log("warn", `${program} could not be started: ${(error as Error).message}`);
  }
}
