import { UsageError } from "../../lib/errors/mod.ts";
import { parseRepository, type Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { OpeningContext } from "./repository_opener.ts";
import { secondEnvironment } from "./second_environment.ts";

/** Variables for servers of these options, each in place of the one without `FROM_`. */
const FROM_VARIABLES = [
  "PBS_FROM_FINGERPRINT",
  "PBS_FROM_PASSWORD",
  "PBS_FROM_S3_ACCESS_KEY",
  "PBS_FROM_S3_SECRET_KEY",
];

/** Repositories that an option names. Disposal closes them. */
export interface OpenedOthers extends AsyncDisposable {
  readonly repositories: readonly Repository[];
}

/**
 * Opens the further repositories that an option names.
 *
 * @param option Its name, without dashes.
 * @param repository The one that the command works with.
 * @param limits Of connections, where the command has such.
 * @throws {UsageError} if one of them is that repository.
 */
export async function openOthers(
  option: string,
  values: CommandValues,
  { environment, output, repositories }: CommandContext,
  repository: Repository,
  limits?: OpeningContext["limits"],
): Promise<OpenedOthers> {
  await using opened = new AsyncDisposableStack();
  const others: Repository[] = [];
  for (const text of values.texts(option)) {
    const other = await repositories.open(parseRepository(text), {
      environment: secondEnvironment(environment, "FROM_", FROM_VARIABLES),
      output,
      ...(limits === undefined ? {} : { limits }),
    });
    others.push(opened.use(other));
    if (other.displayName === repository.displayName) {
      throw new UsageError(`--${option} names the repository itself: ${text}`);
    }
  }
  const held = opened.move();
  return { repositories: others, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
