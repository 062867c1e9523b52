/** What the records call the official client's repository. */
export const RECORDED_REPOSITORY = "test@pbs@127.0.0.1:8007:audit-cli";

/** When the entries of the source tree were changed. */
const RECORDED_TIME = "2026-11-21T12:34:35Z";

/** Keys of the recorded runs, and where they are kept. */
const KEYS = {
  "k.json": "none.key",
  "ks.json": "scrypt.key",
  "mp.pem": "master-public.pem",
  "mk.pem": "master-private.pem",
};

/** The source tree of the recorded runs and scratch files, in a folder of its own. */
export class Scratch implements AsyncDisposable {
  readonly #places: readonly (readonly [string, string])[];

  private constructor(readonly folder: string) {
    this.#places = [
      ["<TREE>", `${folder}/tree`],
      ["<WORK>", `${folder}/work`],
      ["<OUT>", `${folder}/out`],
      ["<HOME>", `${folder}/home`],
    ];
  }

  /** Makes the folder. Files have the contents that the records tell of. */
  static async create(): Promise<Scratch> {
    const folder = await Deno.makeTempDir();
    for (const name of ["tree/etc", "tree/sub", "work/cred", "work/a:b", "out", "home"]) {
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    }
    await Deno.writeTextFile(`${folder}/tree/a.txt`, "hello\n");
    await Deno.link(`${folder}/tree/a.txt`, `${folder}/tree/hard`);
    await Deno.symlink("a.txt", `${folder}/tree/link`);
    await Deno.writeTextFile(`${folder}/tree/etc/c.conf`, "conf=1\n");
    await Deno.writeTextFile(`${folder}/tree/sub/b.bin`, "x".repeat(5000));
    await new Deno.Command("mkfifo", { args: [`${folder}/tree/fifo`] }).output();
    for (const name of ["a.txt", "fifo", "etc/c.conf", "sub/b.bin", "link", "etc", "sub", ""]) {
      await setTime(`${folder}/tree/${name}`);
    }
    await Deno.writeTextFile(`${folder}/work/empty`, "");
    await Deno.symlink(`${folder}/tree/sub`, `${folder}/work/symdir`);
    await Deno.writeFile(`${folder}/work/img.raw`, noise(3 * 1024 * 1024));
    await Deno.writeTextFile(`${folder}/work/repo`, `${RECORDED_REPOSITORY}\n`);
    for (const [name, key] of Object.entries(KEYS)) {
      await Deno.copyFile(
        new URL(`../vectors/real/keys/${key}`, import.meta.url),
        `${folder}/work/${name}`,
      );
    }
    return new Scratch(folder);
  }

  /** Replaces the records' placeholders by paths. */
  withPaths(text: string): string {
    return this.#places.reduce((all, [name, path]) => all.replaceAll(name, path), text);
  }

  /** Replaces paths by the records' placeholders. */
  withPlaceholders(text: string): string {
    return this.#places.reduce((all, [name, path]) => all.replaceAll(path, name), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Gives an entry the time that the records tell of. */
async function setTime(path: string): Promise<void> {
  await new Deno.Command("touch", { args: ["-h", "-d", RECORDED_TIME, path] }).output();
}

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += 65536) {
    crypto.getRandomValues(bytes.subarray(start, start + 65536));
  }
  return bytes;
}
