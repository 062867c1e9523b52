import { gatherOutput } from "../bounded/mod.ts";
import { CancelledError, NotFoundError, PbsError } from "../errors/mod.ts";

/** A minute is long for any of them, but a loaded machine has to write out first. */
const TIME_LIMIT_MS = 5 * 60 * 1000;
/** How long a program that was told to end may take. */
const ENDING_MS = 5000;
/** Folders of such programs; the search path of cron and of users lacks some. */
const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/** Debian's packages of the programs. */
const PACKAGES: Readonly<Record<string, string>> = {
  btrfs: "btrfs-progs",
  zfs: "zfsutils-linux",
  lvs: "lvm2",
  lvcreate: "lvm2",
  lvremove: "lvm2",
  mount: "mount",
  umount: "mount",
  unshare: "util-linux",
  nsenter: "util-linux",
  cat: "coreutils",
  sh: "dash",
};
/** Variables that programs get: passwords are none of theirs. */
const PASSED = ["LVM_SYSTEM_DIR", "HOME", "TMPDIR"];
const SHOWN_LINES = 4;
/** Of what a program prints: a list of ten thousand volumes takes a tenth of it. */
const OUTPUT_BYTES = 32 * 1024 * 1024;
const MESSAGE_BYTES = 64 * 1024;

/** Programs that make pictures and mount them. */
export class StorageTools {
  readonly #folders: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;

  /** @param variable Value of an environment variable. */
  constructor(variable: (name: string) => string | undefined) {
    const path = variable("PATH") ?? "";
    this.#folders = [...path.split(":").filter((folder) => folder.startsWith("/")), ...FOLDERS];
    this.#environment = {
      ...Object.fromEntries(
        PASSED.flatMap((name) => {
          const value = variable(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      PATH: this.#folders.join(":"),
      LC_ALL: "C",
      LVM_SUPPRESS_FD_WARNINGS: "1",
    };
  }

  /**
   * Absolute path of a program.
   *
   * @throws {NotFoundError} with the package that has it.
   */
  find(program: string): string {
    for (const folder of this.#folders) {
      const path = `${folder}/${program}`;
      try {
        if (Deno.statSync(path).isFile) return path;
      } catch {
        // It may be in the next one.
      }
    }
    throw new NotFoundError(
      `the program '${program}' is missing: install the package ${PACKAGES[program] ?? program}`,
    );
  }

  /**
   * Runs a program without a shell, out of reach of the terminal's signals: what is begun is finished.
   *
   * @param under A program with arguments that runs it.
   * @returns What it printed.
   * @throws {NotFoundError} if it is missing.
   * @throws {PbsError} with what it said if it fails or does not end.
   */
  async run(
    program: string,
    args: readonly string[],
    under: readonly string[] = [],
  ): Promise<string> {
    const [first, ...rest] = [...under, this.find(program), ...args];
    const child = new Deno.Command(first!, {
      args: rest,
      clearEnv: true,
      env: { ...this.#environment },
      cwd: "/",
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
    const shown = `'${[program, ...args].join(" ")}'`;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timers = [
      setTimeout(() => kill(child, "SIGTERM"), TIME_LIMIT_MS),
      setTimeout(() => {
        kill(child, "SIGKILL");
        child.unref();
        reject(new PbsError(`${shown} did not end within ${TIME_LIMIT_MS / 1000} s`));
      }, TIME_LIMIT_MS + ENDING_MS),
    ];
    try {
      const gathered = gatherOutput(child, {
        stdoutBytes: OUTPUT_BYTES,
        stderrBytes: MESSAGE_BYTES,
      });
      const { status, stdout, stderr, isTooMuch } = await Promise.race([gathered, late]);
      const { success, code, signal } = status;
      const text = new TextDecoder();
      if (isTooMuch) throw new PbsError(`${shown} printed more than ${OUTPUT_BYTES} bytes`);
      if (success) return text.decode(stdout);
      const how = signal === null ? `failed with exit code ${code}` : `was ended by ${signal}`;
      const lines = text.decode(stderr).split("\n").map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("WARNING:"));
      const said = lines.slice(0, SHOWN_LINES).join("; ");
      throw new PbsError(`${shown} ${how}${said === "" ? "" : `: ${said}`}`);
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  /** Starts a program that ends when its input does, which it does with this process. */
  hold(program: string, args: readonly string[]): Deno.ChildProcess {
    return new Deno.Command(this.find(program), {
      args: [...args],
      clearEnv: true,
      env: { ...this.#environment },
      cwd: "/",
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  }
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended meanwhile.
  }
}

/** @throws {CancelledError} if the run was interrupted. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new CancelledError("the backup was interrupted, nothing of it is kept", {
    cause: signal.reason,
  });
}
