import type { StoryWorld } from "./cli_story_world.ts";

/** What was done before a run, and is no run itself. */
export type Preparation = (world: StoryWorld, name: string) => Promise<void>;

/** By the names of the runs that follow. */
export const PREPARATIONS: readonly (readonly [RegExp, Preparation])[] = [
  [/^backup-legacy-first$/, async (world) => {
    await write(world, "<WORK>/museum/a", 1000);
    await write(world, "<WORK>/museum/b/c", 2000);
    await write(world, "<WORK>/unr/a", 100);
    for (const [index, time] of [1700000000, 1700003600].entries()) {
      await write(world, "<WORK>/museum/b/c", 2000 + index);
      await backUp(world, "m.pxar:<WORK>/museum", "h5", time);
    }
    await backUp(world, "c.conf:<TREE>/etc/c.conf", "dbg", 1700000000);
  }],
  [/^mount/, (world) => makeFolder(world, "<WORK>/mp")],
  [/^backup-ns-2$/, (world) => namespaces(world, "x", "x/y", "z", "w")],
  [/^(ns-move-2|group-move-conflict-same-snapshot)$/, async (world) => {
    await namespaces(world, "x");
    await backUp(world, "c.conf:<TREE>/etc/c.conf", "n", 1700000000, ["--ns", "x"]);
  }],
  [/^restore-existing-empty-target$/, (world) => makeFolder(world, "<OUT>/e")],
  [/^restore-target-is-file$/, (world) => write(world, "<OUT>/f", 1)],
  [/^restore-overwrite-dir-in-way$/, async (world) => {
    await Deno.remove(world.path("<OUT>/r1/a.txt"));
    await makeFolder(world, "<OUT>/r1/a.txt/sub");
  }],
  [/^restore-pattern-emptydir$/, async (world) => {
    await makeFolder(world, "<WORK>/edir/empty");
    await write(world, "<WORK>/edir/keep/x", 1);
    await backUp(world, "a.pxar:<WORK>/edir", "edir", 1700000000);
  }],
  // These fail with the official client, and so leave nothing behind.
  [/^spec-proc$/, async (world) => {
    for (const hour of ["09", "10"]) {
      await world.run(["snapshot", "forget", `host/w/2024-03-10T${hour}:00:00Z`]);
    }
  }],
  // By metadata, an hour ago.
  [
    /^opt-cdm-data-after$/,
    (world) => backUp(world, "m.pxar:<TREE>", "w", 1710140400, ["--change-detection-mode=data"]),
  ],
  [
    /^catdump-split$/,
    (world) =>
      backUp(world, "root.pxar:<TREE>", "h2", 1700003600, ["--change-detection-mode=data"]),
  ],
  [
    /^catdump-enc$/,
    (world) => backUp(world, "a.pxar:<TREE>", "e", 1720003600, ["--keyfile=<WORK>/k.json"]),
  ],
  [/^img-chunk-64-small$/, (world) => write(world, "<WORK>/small.raw", 50_000)],
  [/^reuse-threshold-exact-0$/, (world) => write(world, "<WORK>/th.raw", 1_048_576)],
  [/^reuse-threshold-plus-0$/, (world) => write(world, "<WORK>/th.raw", 1_048_577)],
  [/^conflict-file-at-symlink-/, async (world) => {
    await clearTarget(world);
    await write(world, "<OUT>/ow/link", 3);
  }],
  [/^conflict-file-at-hardlink-/, async (world) => {
    await clearTarget(world);
    await write(world, "<OUT>/ow/hard", 3);
  }],
  [/^conflict-symlink-at-file-/, async (world) => {
    await clearTarget(world);
    await Deno.symlink("elsewhere", world.path("<OUT>/ow/a.txt"));
  }],
  [/^conflict-symlink-at-dir-/, async (world) => {
    await clearTarget(world);
    await makeFolder(world, "<OUT>/ow/real");
    await Deno.symlink("real", world.path("<OUT>/ow/etc"));
  }],
];

async function clearTarget(world: StoryWorld): Promise<void> {
  await Deno.remove(world.path("<OUT>/ow"), { recursive: true }).catch(() => {});
  await makeFolder(world, "<OUT>/ow");
}

async function makeFolder(world: StoryWorld, path: string): Promise<void> {
  await Deno.mkdir(world.path(path), { recursive: true });
}

async function write(world: StoryWorld, path: string, sizeBytes: number): Promise<void> {
  await makeFolder(world, path.slice(0, path.lastIndexOf("/")));
  const bytes = Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 7919) >>> 8);
  await Deno.writeFile(world.path(path), bytes);
}

async function namespaces(world: StoryWorld, ...names: string[]): Promise<void> {
  for (const name of names) await world.run(["namespace", "create", name]);
}

async function backUp(
  world: StoryWorld,
  spec: string,
  id: string,
  time: number,
  more: readonly string[] = [],
): Promise<void> {
  const argv = ["backup", spec, "--backup-id", id, "--backup-time", String(time)];
  await world.run([...argv, ...more]);
}
