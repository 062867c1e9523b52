import { clientCommand, runClientOk } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Times of the snapshots of `host/web1`, from the oldest, seconds since the epoch. */
export type SnapshotTimes = readonly [number, number, number];

/** Names that could do harm, and how they are shown. */
export const HOSTILE_NAMES: readonly (readonly [name: string, shown: string])[] = [
  ["<img src=x onerror=document.title='taken'>", "<img src=x onerror=document.title='taken'>"],
  ['&lt;b&gt; "quoted"', '&lt;b&gt; "quoted"'],
  ["line\nfeed", "line\\nfeed"],
  ["photo\u202egnp.exe", "photo\\u{202E}gnp.exe"],
  ["{{7*7}} ${1}", "{{7*7}} ${1}"],
];

/** A picture of 2 by 2 pixels. */
const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAE0lEQVR4nGM4oREFRAwnUqKACAAnggWhGyMAqwAAAABJRU5ErkJggg==",
);

const settings = Array.from({ length: 200 }, (_, index) => `setting ${index} = on`);

/** A repository with three snapshots of a tree, in a folder that goes with the scope. */
export class PageWorld implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    /** Of the snapshots. */
    readonly times: SnapshotTimes,
  ) {}

  /**
   * Makes the tree and its snapshots, one day apart.
   *
   * @param many Entries of a folder in an archive of its own, in the newest snapshot.
   */
  static async make(many: number = 0): Promise<PageWorld> {
    const dir = await TempDir.make("/dev/shm");
    const now = Math.floor(Date.now() / 1000) - 60;
    const world = new PageWorld(dir, [now - 2 * 86400, now - 86400, now]);
    await world.#write();
    await world.#backUp(0, ["--init"]);
    await Deno.writeTextFile(`${world.source}/etc/nginx/nginx.conf`, "listen 443 ssl;\n");
    await Deno.writeTextFile(
      `${world.source}/etc/app.conf`,
      settings.with(50, "setting 50 = off").toSpliced(70, 1).join("\n") + "\n",
    );
    await world.#backUp(1);
    await Deno.writeTextFile(`${world.source}/etc/new.conf`, "new\n");
    if (many > 0) await world.#writeMany(many);
    await world.#backUp(2, many > 0 ? [`many.pxar:${world.dir.path}/more`] : []);
    return world;
  }

  get source(): string {
    return `${this.dir.path}/source`;
  }

  get repository(): string {
    return `${this.dir.path}/repository`;
  }

  async #write(): Promise<void> {
    const { source } = this;
    await Deno.mkdir(`${source}/etc/nginx`, { recursive: true });
    for (const folder of ["names", "pictures"]) await Deno.mkdir(`${source}/${folder}`);
    await Deno.writeTextFile(`${source}/etc/nginx/nginx.conf`, "listen 80;\n");
    await Deno.writeTextFile(`${source}/etc/app.conf`, settings.join("\n") + "\n");
    await Deno.writeFile(`${source}/pictures/dot.png`, PNG);
    await Deno.writeFile(
      `${source}/data.bin`,
      Uint8Array.from({ length: 5000 }, (_, at) => at * 7),
    );
    for (const [name] of HOSTILE_NAMES) await Deno.writeTextFile(`${source}/names/${name}`, "x");
    // A name that is no UTF-8 cannot be given to the runtime as text.
    await new Deno.Command("bash", {
      args: ["-c", 'touch "$0"/names/$\'raw\\xff\\xfe\'; ln -s ../etc "$0/link"', source],
    }).output();
  }

  async #writeMany(many: number): Promise<void> {
    const folder = `${this.dir.path}/more/many`;
    await Deno.mkdir(folder, { recursive: true });
    for (let index = 0; index < many; index++) {
      const path = `${folder}/file-${String(index).padStart(String(many - 1).length, "0")}`;
      Deno.openSync(path, { write: true, createNew: true }).close();
    }
  }

  async #backUp(index: 0 | 1 | 2, more: readonly string[] = []): Promise<void> {
    const time = String(this.times[index]);
    await this.run([
      "backup",
      `root.pxar:${this.source}`,
      `settings.conf:${this.source}/etc/app.conf`,
      "--backup-id=web1",
      `--backup-time=${time}`,
      ...more,
    ]);
  }

  /** Runs the client on the repository. @returns What it printed. */
  async run(args: readonly string[]): Promise<string> {
    return (await runClientOk([...args], { env: { PBS_REPOSITORY: this.repository } })).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** `pbs-client browse` as a process that ends with the scope. */
export class BrowseProcess implements AsyncDisposable {
  private constructor(
    readonly child: Deno.ChildProcess,
    /** What it printed: the address with its token. */
    readonly address: string,
  ) {}

  /** Starts it, and waits for the address. */
  static async start(repository: string, args: readonly string[] = []): Promise<BrowseProcess> {
    const [command = "", ...rest] = clientCommand(["browse", ...args]);
    const child = new Deno.Command(command, {
      args: rest,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
      env: { PBS_REPOSITORY: repository, PBS_LOG: "error", TZ: "UTC" },
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let printed = "";
    while (!printed.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`browse ended: ${printed}`);
      printed += value;
    }
    await reader.cancel();
    return new BrowseProcess(child, printed.split("\n")[0]!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.child.kill("SIGTERM");
    } catch {
      // it has ended
    }
    await this.child.status;
  }
}
