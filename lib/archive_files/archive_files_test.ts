import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { CancelledError, CorruptDataError, PbsError, SystemError } from "../errors/mod.ts";
import { MatchEntry } from "../fs/mod.ts";
import {
  createArchiveFile,
  type CreateArchiveRequest,
  extractArchiveFile,
  type ExtractArchiveRequest,
  listArchiveFile,
} from "./mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const never = new AbortController().signal;

/** Archives `tree` as `a.pxar`. */
async function create(
  dir: TempDir,
  options: Partial<CreateArchiveRequest> = {},
): Promise<string[]> {
  const lines: string[] = [];
  await createArchiveFile({
    archive: bytes(`${dir.path}/a.pxar`),
    source: bytes(`${dir.path}/tree`),
    excludes: [],
    allFileSystems: false,
    entriesMax: 1000,
    xattrs: true,
    fcaps: true,
    acls: true,
    devices: true,
    fifos: true,
    sockets: true,
    signal: never,
    ...options,
  }, { log: (_level, line) => void lines.push(line) });
  return lines;
}

/** Extracts `a.pxar` to `out`. @returns How many errors there were, and the lines. */
async function extract(
  dir: TempDir,
  options: Partial<ExtractArchiveRequest> = {},
): Promise<{ errors: number; lines: string[] }> {
  const lines: string[] = [];
  const { errorCount: errors } = await extractArchiveFile({
    archive: bytes(`${dir.path}/a.pxar`),
    target: bytes(`${dir.path}/out`),
    patterns: [],
    choices: {},
    isStrict: false,
    signal: never,
    ...options,
  }, {
    log: (_level, line) => void lines.push(line),
    failed: ({ message }) => void lines.push(message),
    unmatched: (patterns) => void lines.push(`unmatched: ${patterns}`),
  });
  return { errors, lines };
}

async function list(path: string, payload?: string): Promise<string[]> {
  const paths: string[] = [];
  await listArchiveFile({
    archive: bytes(path),
    ...(payload === undefined ? {} : { payload: bytes(payload) }),
    onEntry: (path) => void paths.push(new TextDecoder().decode(path)),
  });
  return paths;
}

/** A tree of a few entries, among them a hard link. */
async function withTree(): Promise<TempDir> {
  const dir = await TempDir.make();
  await Deno.mkdir(`${dir.path}/tree/etc`, { recursive: true });
  await Deno.writeTextFile(`${dir.path}/tree/a.txt`, "hello\n");
  await Deno.link(`${dir.path}/tree/a.txt`, `${dir.path}/tree/hard`);
  await Deno.symlink("a.txt", `${dir.path}/tree/link`);
  await Deno.writeTextFile(`${dir.path}/tree/etc/conf`, "x".repeat(700));
  return dir;
}

const names = (dir: TempDir) => [...Deno.readDirSync(dir.path)].map(({ name }) => name).toSorted();
const ALL = ["/", "/a.txt", "/etc", "/etc/conf", "/hard", "/link"];

Deno.test("an archive that is cut off anywhere is an error that names the offset and the path", async () => {
  await using dir = await withTree();
  await create(dir);
  const whole = await Deno.readFile(`${dir.path}/a.pxar`);
  const cut = `${dir.path}/cut.pxar`;
  assertEquals(await list(`${dir.path}/a.pxar`), ALL);
  for (let length = 0; length < whole.length; length += 13) {
    await Deno.writeFile(cut, whole.subarray(0, length));
    const error = await assertRejects(() => list(cut), CorruptDataError);
    assertMatch(error.message, new RegExp(`^"${cut}": archive: ends at ${length}, before it is`));
    // The root is known once it is seen what follows it.
    const isRootThere = length >= 72;
    if (isRootThere) assertMatch(error.message, /\(the last entry read: "\/.*"\)$/);
    const target = bytes(`${dir.path}/out-${length}`);
    const failure = await assertRejects(
      () => extract(dir, { archive: bytes(cut), target }),
      CorruptDataError,
    );
    assertMatch(failure.message, new RegExp(`ends at ${length}, before it is complete`));
    // Nothing is made of what does not even begin like an archive, and no file is half there.
    assertEquals(names(dir).includes(`out-${length}`), isRootThere);
    const conf = `${dir.path}/out-${length}/etc/conf`;
    const size = await Deno.stat(conf).then(({ size }) => size, () => undefined);
    assert(size === undefined || size === 700, `${length}: ${size}`);
  }
});

Deno.test("an archive that cannot be completed leaves no file behind", async () => {
  await using dir = await withTree();
  const payload = bytes(`${dir.path}/a.ppxar`);
  const failed = await assertRejects(() => create(dir, { entriesMax: 2, payload }), PbsError);
  assertMatch(failed.message, /exceeded allowed number of file entries/);
  const controller = new AbortController();
  controller.abort();
  await assertRejects(() => create(dir, { payload, signal: controller.signal }), CancelledError);
  const source = bytes(`${dir.path}/nothing`);
  await assertRejects(() => create(dir, { source, payload }), SystemError, "nothing");
  assertEquals(names(dir), ["tree"]);
});

Deno.test("nothing that exists is replaced, the other half is not kept either", async () => {
  await using dir = await withTree();
  await Deno.writeTextFile(`${dir.path}/a.pxar`, "mine");
  const payload = bytes(`${dir.path}/a.ppxar`);
  const error = await assertRejects(() => create(dir, { payload }), SystemError);
  assertMatch(error.message, /"[^"]*a\.pxar" - File exists \(os error 17\)$/);
  await Deno.remove(`${dir.path}/a.pxar`);
  await Deno.symlink("nowhere", `${dir.path}/a.ppxar`);
  await assertRejects(() => create(dir, { payload }), SystemError, "a.ppxar");
  assertEquals(names(dir), ["a.ppxar", "tree"]);
});

Deno.test("an archive within its source is left out of itself", async () => {
  await using dir = await withTree();
  const archive = `${dir.path}/tree/self.pxar`;
  assertEquals(await create(dir, { archive: bytes(archive) }), [
    `left out the archive itself: "${archive}"`,
  ]);
  assertEquals(await list(archive), ALL);
});

Deno.test("a full device is an error that names it", async () => {
  await using dir = await withTree();
  await assertRejects(
    () => create(dir, { archive: bytes("/dev/full") }),
    SystemError,
    'cannot write "/dev/full": No space left on device',
  );
});

Deno.test("a hard link without its file becomes the file, where the archive can be read twice", async () => {
  await using dir = await withTree();
  await create(dir);
  const patterns = [new MatchEntry(bytes("/hard"), "include")];
  assertEquals(await extract(dir, { patterns }), { errors: 0, lines: [] });
  assertEquals(await Deno.readTextFile(`${dir.path}/out/hard`), "hello\n");
  assertEquals(names(dir), ["a.pxar", "out", "tree"]);
});

Deno.test("patterns that select nothing are an error, and make no directory", async () => {
  await using dir = await withTree();
  await create(dir);
  const pattern = (text: string) => new MatchEntry(bytes(text), "include");
  await assertRejects(
    () => extract(dir, { patterns: [pattern("/none")] }),
    PbsError,
    "the patterns select nothing in",
  );
  assertEquals(names(dir), ["a.pxar", "tree"]);
  const { lines } = await extract(dir, { patterns: [pattern("/none"), pattern("/etc")] });
  assertEquals(lines, ["unmatched: 0"]);
});

Deno.test("the halves of a split archive are told apart before anything is made", async () => {
  await using dir = await withTree();
  const [metadata, payload] = [`${dir.path}/s.mpxar`, `${dir.path}/s.ppxar`];
  await create(dir, { archive: bytes(metadata), payload: bytes(payload) });
  await create(dir);
  const fails = async (archive: string, payload: string | undefined, message: string) => {
    const halves = {
      archive: bytes(archive),
      ...(payload === undefined ? {} : { payload: bytes(payload) }),
    };
    await assertRejects(() => extract(dir, halves), PbsError, message);
    await assertRejects(() => list(archive, payload), PbsError, message);
  };
  await fails(metadata, undefined, "Payload input required for split pxar archives");
  await fails(payload, undefined, "holds only the contents of a split archive");
  await fails(metadata, `${dir.path}/a.pxar`, "unexpected header in payload input");
  await fails(`${dir.path}/a.pxar`, payload, "is no split archive");
  await fails(`${dir.path}/tree`, undefined, "is a directory, not an archive");
  await fails(`${dir.path}/none`, undefined, "No such file or directory");
  assertEquals(names(dir), ["a.pxar", "s.mpxar", "s.ppxar", "tree"]);
  assertEquals(await list(metadata, payload), ALL);
});

Deno.test("contents that are cut off cost the files in them, named", async () => {
  await using dir = await withTree();
  const [metadata, payload] = [`${dir.path}/s.mpxar`, `${dir.path}/s.ppxar`];
  await create(dir, { archive: bytes(metadata), payload: bytes(payload) });
  await Deno.truncate(payload, 200);
  const error = await assertRejects(
    () => extract(dir, { archive: bytes(metadata), payload: bytes(payload) }),
    CorruptDataError,
  );
  assertMatch(error.message, /ends at 200.*the last entry read: "\/etc\/conf"/);
  assertEquals(await Deno.readTextFile(`${dir.path}/out/a.txt`), "hello\n");
  assertEquals([...Deno.readDirSync(`${dir.path}/out/etc`)], []);
});
