import { NewMasterKey } from "../../lib/crypto/mod.ts";
import { ConflictError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { MASTER_KEY_PASSPHRASE, newPassphrase } from "../keys/key_protection.ts";
import { writeKeyText } from "../keys/write_key.ts";

/** `key create-master-key` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description:
    "Create a master key: master-public.pem and master-private.pem in the current folder.",
  positionals: [],
  options: [],
  output: "none",
  run: createMasterKey,
};

const PUBLIC_NAME = "master-public.pem";

const PRIVATE_NAME = "master-private.pem";

const PUBLIC_MODE = 0o644;

/** `key create-master-key`: an RSA pair in the current folder (spec: cli.md §4.14). */
async function createMasterKey(
  _values: CommandValues,
  { environment, output }: CommandContext,
): Promise<void> {
  const given = Deno.stdin.isTerminal()
    ? undefined
    : newPassphrase(environment, MASTER_KEY_PASSPHRASE, "");
  if (given === undefined && !Deno.stdin.isTerminal()) {
    throw new UsageError("unable to create master key - no tty", {
      situation: { kind: "no-passphrase", variable: MASTER_KEY_PASSPHRASE.variable },
    });
  }
  for (const name of [PUBLIC_NAME, PRIVATE_NAME]) checkAbsent(name);
  const log = (line: string) => output.log("info", line);
  log("Generating 4096-bit RSA key..");
  const key = await NewMasterKey.generate();
  log(`Modulus: ${key.details.modulus}`);
  log(`Exponent: ${key.details.exponent}`);
  log("");
  const passphrase = new TextDecoder().decode(
    given ?? newPassphrase(environment, MASTER_KEY_PASSPHRASE, "Master Key Password: "),
  );
  const privatePem = key.protect(passphrase);
  log(`Writing public master key to ${PUBLIC_NAME}`);
  writeKeyText(PUBLIC_NAME, key.publicPem, { replace: false, mode: PUBLIC_MODE });
  log(`Writing private master key to ${PRIVATE_NAME}`);
  writeKeyText(PRIVATE_NAME, privatePem, { replace: false });
}

/** Without its private half every key that was encrypted with a master key is lost. */
function checkAbsent(name: string): void {
  try {
    Deno.lstatSync(name);
  } catch {
    return;
  }
  throw new ConflictError(`"${name}" exists, move it away before creating another master key`);
}
