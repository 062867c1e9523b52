import { measureRuns, measureSteps } from "../../lib/benchmark/mod.ts";
import {
  AuthError,
  describeError,
  ServerError,
  situationOf,
  SystemError,
} from "../../lib/errors/mod.ts";
import type { MeasuredStorage, MeasuredTransfer, Repository } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { readInputPath } from "../files/read_input.ts";
import { openEncryptionKey } from "../keys/open_encryption_key.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectRepository } from "../repository/select_repository.ts";
import { catchSignals } from "../signals/catch_signals.ts";
import { type BenchmarkRow, megabytes, OWN_ROWS, printBenchmark } from "./print_benchmark.ts";

const UPLOAD_MS = 5000;
const STORAGE_MS = 2000;
const QUICK_SHARE = 0.1;
/** Memory is as quick as it gets, and any place is good enough. */
const SAMPLE_FOLDERS = ["/dev/shm", "/tmp", "/var/tmp"];

/** `benchmark`: measures, tells of each figure, and prints them all (spec: cli.md §4.13). */
export async function runBenchmark(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  const keyFile = values.text("keyfile");
  if (keyFile !== undefined) {
    const bytes = readInputPath(keyFile);
    await openEncryptionKey({ source: { kind: "file", path: keyFile }, bytes }, context);
  }
  const share = values.flag("quick") ? QUICK_SHARE : 1;
  const rows = new Map<BenchmarkRow, MeasuredTransfer>();
  using signals = catchSignals(() => output.log("info", "interrupted"));
  const { signal } = signals;
  try {
    if (hasRepository(values, context)) {
      await using repository = await openRepository(values, context);
      await context.use.record();
      await measureWay({ repository, rows, values, context, share, signal });
    }
    await measureSteps(
      (name, measured) => {
        rows.set(name, measured);
        output.log("info", `${STEP_NAMES[name]} speed: ${megabytes(measured)}`);
      },
      share,
      signal,
    );
    try {
      await measureRuns((name, measured) => {
        rows.set(name, measured);
        output.log("debug", `${OWN_ROWS[name]}: ${megabytes(measured)}`);
      }, { folders: SAMPLE_FOLDERS, share, signal });
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      output.log("warn", `runs are not measured: ${error.message}`);
    }
  } catch (error) {
    signals.rethrow();
    throw error;
  }
  printBenchmark(values, context, rows);
}

/** Names of the steps in log lines (spec: cli.md §4.13). */
const STEP_NAMES = {
  sha256: "SHA256",
  compress: "Compression",
  decompress: "Decompress",
  aes256_gcm: "AES256/GCM",
  verify: "Verify",
} as const;

/** Whether one was named. @throws {UsageError} if what was named is none. */
function hasRepository(values: CommandValues, context: CommandContext): boolean {
  try {
    selectRepository(values, context);
    return true;
  } catch (error) {
    const situation = situationOf(error);
    if (situation?.kind === "no-repository") return false;
    // An empty variable names none.
    if (situation?.kind === "malformed-repository" && situation.text === "") return false;
    throw error;
  }
}

interface WayMeasurement {
  readonly repository: Repository;
  readonly rows: Map<BenchmarkRow, MeasuredTransfer>;
  readonly values: CommandValues;
  readonly context: CommandContext;
  readonly share: number;
  readonly signal: AbortSignal;
}

/** The way to the repository; where this user may not use it, a line says so and the rest follows. */
async function measureWay(
  { repository, rows, values, context: { output }, share, signal }: WayMeasurement,
): Promise<void> {
  try {
    const upload = await repository.measureUpload?.({
      durationMs: UPLOAD_MS * share,
      signal,
      noCache: values.flag("no-cache"),
    });
    if (upload !== undefined) {
      rows.set("tls", upload);
      const { requests, seconds } = upload;
      const perRequest = Math.floor(seconds * 1e6 / requests);
      output.log("info", `Uploaded ${requests} chunks in ${Math.floor(seconds)} seconds.`);
      output.log("info", `Time per request: ${perRequest} microseconds.`);
      output.log("info", `TLS speed: ${megabytes(upload)}`);
    }
    const storage: MeasuredStorage | undefined = await repository.measureStorage?.({
      durationMs: STORAGE_MS * share,
      signal,
    });
    if (storage !== undefined) {
      rows.set("storage_write", storage.write);
      rows.set("storage_read", storage.read);
      output.log("debug", `${OWN_ROWS.storage_write}: ${megabytes(storage.write)}`);
      output.log("debug", `${OWN_ROWS.storage_read}: ${megabytes(storage.read)}`);
    }
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const [reason] = describeError(error);
    output.log("warn", `the way to '${repository.displayName}' is not measured: ${reason}`);
  }
}

/** Whether somebody else could do it: a server lacks a privilege of us, a folder a permission. */
function isRefusal(error: unknown): boolean {
  if (error instanceof SystemError) return true;
  return error instanceof AuthError && error.situation === undefined &&
    error.cause instanceof ServerError;
}
