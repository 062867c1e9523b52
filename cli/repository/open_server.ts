import { AuthError, PbsError, UsageError } from "../../lib/errors/mod.ts";
import {
  FingerprintCache,
  openRemoteRepository,
  type RemoteRepository,
  type RemoteRepositoryOptions,
  type SecondFactorChallenge,
  TicketCache,
} from "../../lib/remote/mod.ts";
import {
  describeRepository,
  type ServerRepositoryAddress,
  vsockCidOf,
} from "../../lib/repository/mod.ts";
import { chooseProxy } from "../../lib/tls/mod.ts";
import type { Environment } from "../environment.ts";
import { userFile } from "../files/user_file.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readAnswer } from "../secrets/read_answer.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";
import type { OpeningContext } from "./repository_opener.ts";

/** A terminal that has gone away answers every question with nothing. */
const MAX_ATTEMPTS = 100;
const DEFAULT_PORT = 8007;

/**
 * Makes a client for a server with what the environment and the user know (spec: cli.md §2.4).
 * Nothing is sent yet.
 *
 * @throws {PbsError} if there is nothing to log in with, or what there is cannot be read.
 */
export async function openServer(
  address: ServerRepositoryAddress,
  context: OpeningContext,
): Promise<RemoteRepository> {
  try {
    return await openRemoteRepository(remoteOptions(address, context));
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof AuthError)) throw error;
    throw new PbsError(
      `error building client for repository ${describeRepository(address)} - ${error.message}`,
      { situation: error.situation },
    );
  }
}

function remoteOptions(
  address: ServerRepositoryAddress,
  { environment, output, limits, mayAsk = true, keepsNothing = false }: OpeningContext,
): RemoteRepositoryOptions {
  const password = readEnvironmentSecret(
    environment,
    "PBS_PASSWORD",
    "proxmox-backup-client.password",
  );
  const fingerprint = readFingerprint(environment, (line) => output.log("error", line));
  const { host = "localhost", port = DEFAULT_PORT } = address;
  const isVsock = vsockCidOf(host) !== undefined;
  const proxy = isVsock ? undefined : chooseProxy((name) => environment.get(name), host, port);
  if (proxy !== undefined) {
    output.log("info", `Using proxy connection: ${proxy.host}:${proxy.port}`);
  }
  const fingerprintPath = userFile(environment, "XDG_CONFIG_HOME", ".config", "fingerprints");
  const isInteractive = mayAsk && Deno.stdin.isTerminal();
  return {
    address,
    ticketCache: new TicketCache(environment.get("XDG_RUNTIME_DIR"), { isReadOnly: keepsNothing }),
    onTicketNotStored: (reason) => {
      if (Deno.stdout.isTerminal()) output.log("error", `storing login ticket failed: ${reason}`);
    },
    log: (level, line) => output.log(level, line),
    ...(password === undefined ? {} : { password }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(fingerprintPath === undefined
      ? {}
      : { fingerprintCache: new FingerprintCache(fingerprintPath) }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(limits === undefined ? {} : { limits }),
    ...(isInteractive
      ? {
        askPassword: (userId) => askSecret(`Password for "${userId}": `),
        askSecondFactor: (challenge) =>
          askSecondFactor(challenge, (line) => output.log("error", line)),
        confirmFingerprint: (fingerprint) => {
          output.log("info", `fingerprint: ${fingerprint}`);
          return askYesOrNo((line) => output.prompt(line));
        },
      }
      : {}),
  };
}

/** The second step of a login (spec: protocol.md §2.8); the answer is not shown. */
function askSecondFactor(
  { userId, totp, recovery, attempt }: SecondFactorChallenge,
  log: (line: string) => void,
): string {
  if (attempt > 1) log("that was not right, or was used before");
  const kinds = [...totp ? ["Verification code"] : [], ...recovery ? ["Recovery key"] : []];
  return askSecret(`${kinds.join(" or ").replace(" or R", " or r")} for "${userId}": `);
}

/** A fingerprint that cannot be read counts as not given (spec: cli.md §3.1). */
function readFingerprint(
  environment: Environment,
  log: (line: string) => void,
): string | undefined {
  try {
    return readEnvironmentSecret(
      environment,
      "PBS_FINGERPRINT",
      "proxmox-backup-client.fingerprint",
      { emptyIsUnset: true },
    );
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    log(`could not read fingerprint: ${error.message}`);
    return undefined;
  }
}

/** Repeats the question until the answer is one letter (spec: protocol.md §1.2). */
function askYesOrNo(show: (text: string) => void): boolean {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    show("Are you sure you want to continue connecting? (y/n): ");
    const answer = readAnswer();
    if (answer === "y" || answer === "Y") return true;
    if (answer === "n" || answer === "N") return false;
  }
  return false;
}
