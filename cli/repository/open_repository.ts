import { parseByteSize } from "../../lib/bytes/mod.ts";
import { type Repository, withLockWait } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { lockWaitOf } from "./lock_wait.ts";
import type { OpeningContext } from "./repository_opener.ts";
import { selectRepository } from "./select_repository.ts";
import { type AlsoFromMessages, withAlsoFrom } from "./with_also_from.ts";

/** How a repository is opened. */
export interface HowToOpen extends Pick<OpeningContext, "create" | "keepsNothing" | "retries"> {
  /** Whether its calls wait for locks if that is asked for; default yes. */
  readonly waitsForLocks?: boolean;
  /** How the help of other repositories is told, where a command takes some. */
  readonly alsoFrom?: Pick<AlsoFromMessages, "log" | "isLasting">;
}

/**
 * Opens the repository that the options and variables name.
 *
 * It is read with the help of those that `--also-from` names.
 *
 * @throws {NotFoundError} if there is no such datastore directory.
 */
export async function openRepository(
  values: CommandValues,
  context: CommandContext,
  how: HowToOpen = {},
): Promise<Repository> {
  const { environment, output, repositories, use } = context;
  const limits = connectionLimits(values);
  const address = selectRepository(values, context);
  use.note(address);
  const repository = await repositories.open(address, {
    environment,
    output,
    create: how.create ?? false,
    keepsNothing: how.keepsNothing ?? false,
    ...(how.retries === undefined ? {} : { retries: how.retries }),
    ...(limits === undefined ? {} : { limits }),
  });
  const wait = how.waitsForLocks ?? true ? lockWaitOf(values, context) : undefined;
  const waiting = wait === undefined ? repository : withLockWait(repository, wait);
  return await withAlsoFrom(waiting, values, context, { ...how.alsoFrom, limits });
}

/** `--rate` and `--burst`; a burst alone has no effect, nor has a rate of 0 (protocol.md §1.6). */
export function connectionLimits(values: CommandValues): OpeningContext["limits"] {
  const rateBytesPerSecond = byteSize(values.text("rate"));
  if (rateBytesPerSecond === undefined || rateBytesPerSecond === 0) return undefined;
  const burstBytes = byteSize(values.text("burst"));
  return {
    rateBytesPerSecond,
    // Nothing at all would never get there.
    ...(burstBytes === undefined ? {} : { burstBytes: Math.max(burstBytes, 1) }),
  };
}

function byteSize(text: string | undefined): number | undefined {
  const bytes = text === undefined ? undefined : parseByteSize(text);
  return typeof bytes === "number" ? bytes : undefined;
}
