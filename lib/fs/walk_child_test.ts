import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runPeer } from "../../tests/support/run_peer.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import type { WalkChildOptions, WalkChildResult } from "../../tests/support/walk_child.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";

const CHILD = fromFileUrl(new URL("../../tests/support/walk_child.ts", import.meta.url));

/** Walks in a child that a wrapper starts: `prefix` and then the child's own command line. */
async function walkBehind(
  prefix: readonly string[],
  options: WalkChildOptions,
): Promise<WalkChildResult> {
  const [command, ...args] = [
    ...prefix,
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    CHILD,
    JSON.stringify(options),
  ];
  return JSON.parse(await runPeer(command!, args));
}

/** Root without the right to pass over permissions and ownership. */
const UNPRIVILEGED = [
  "setpriv",
  "--bounding-set=-dac_override,-dac_read_search,-fowner",
  "--inh-caps=-dac_override,-dac_read_search,-fowner",
];

testWithPeers("marks that may not be read leave nothing out", ["setpriv"], async () => {
  await using dir = await TempDir.make();
  const marks = { cache: "CACHEDIR.TAG", "tree/.git": ".gitignore", mail: ".nobackup" };
  for (const [folder, mark] of Object.entries(marks)) {
    await Deno.mkdir(`${dir.path}/${folder}`, { recursive: true });
    const file = `${dir.path}/${folder.replace("/.git", "")}/${mark}`;
    const text = "Signature: 8a477f597d28d172789f06886806bc55\n*\n";
    await Deno.writeTextFile(file, text, { mode: 0o000 });
    await Deno.chmod(file, 0o000);
    await Deno.writeTextFile(`${dir.path}/${folder.replace("/.git", "")}/x`, "1");
  }
  const options = { source: dir.path, mark: ".nobackup" };
  const { paths, warnings, error } = await walkBehind(UNPRIVILEGED, options);
  assertEquals(error, undefined);
  // To be there is all that is asked of the last one.
  assertEquals(paths, ["cache/", "cache/x", "mail/", "tree/", "tree/.git/", "tree/x"]);
  const denied = (file: string) =>
    ["warn", `failed to open file: "${file}": access denied`] as const;
  const ignored = (file: string) => {
    const text = `warning: exclude file "${file}" is ignored: Permission denied`;
    return ["warn", text] as const;
  };
  assertEquals(warnings, [
    ...[ignored("cache/CACHEDIR.TAG"), denied("cache/CACHEDIR.TAG"), denied("mail/.nobackup")],
    ...[ignored("tree/.gitignore"), denied("tree/.gitignore")],
  ]);
});

testWithPeers("entries that may not be read are left out with a warning", ["setpriv"], async () => {
  await using dir = await TempDir.make();
  const path = (name: string) => `${dir.path}/${name}`;
  for (const name of ["closed", "listed", "open"]) {
    await Deno.mkdir(path(name));
    await Deno.writeTextFile(path(`${name}/f`), "x");
  }
  await Deno.writeTextFile(path("listed/.pxarexclude"), "f\n");
  await Deno.writeTextFile(path("secret"), "x");
  await Deno.writeTextFile(path("foreign"), "x");
  await Deno.symlink("nowhere", path("link"));
  await Deno.chmod(path("closed"), 0o000);
  await Deno.chmod(path("listed"), 0o400);
  await Deno.chmod(path("secret"), 0o000);
  // Readable for all, but not ours: O_NOATIME is refused.
  await Deno.chown(path("foreign"), 1000, 1000);
  await Deno.chown(path("open"), 1000, 1000);
  await Deno.chmod(path("open"), 0o755);

  const { paths, warnings, error } = await walkBehind(UNPRIVILEGED, { source: dir.path });
  assertEquals(error, undefined);
  assertEquals(paths, ["foreign", "link", "listed/", "open/", "open/f"]);
  assertEquals(warnings, [
    ["warn", 'failed to open file: "closed": access denied'],
    ["warn", 'failed to open file: "listed/.pxarexclude": access denied'],
    ["warn", 'warning: failed to stat file: "listed/.pxarexclude": access denied'],
    ["warn", 'warning: failed to stat file: "listed/f": access denied'],
    ["warn", 'failed to open file: "secret": access denied'],
  ]);

  const refused = await walkBehind(UNPRIVILEGED, { source: path("closed") });
  assertEquals(refused.error, `cannot open directory "${path("closed")}": Permission denied`);
});

testWithPeers("mount points are entered as the options say", ["unshare"], async () => {
  await using dir = await TempDir.make();
  for (const name of ["proc", "tmp", "bind", "other", "plain"]) {
    await Deno.mkdir(`${dir.path}/${name}`);
  }
  await Deno.writeTextFile(`${dir.path}/device`, "");
  const mounts = [
    "set -e",
    "mount -t proc none proc",
    "mount -t tmpfs none tmp",
    "echo x >tmp/in",
    "mkdir tmp/sub && mount -t tmpfs none tmp/sub && echo x >tmp/sub/in",
    "mount --bind plain bind",
    "echo x >plain/in",
    "mount -t tmpfs none other",
    "echo x >other/in",
    "mount --bind /dev/null device",
    'exec "$@"',
  ].join("\n");
  const prefix = ["unshare", "-m", "sh", "-c", `cd "$0"\n${mounts}`, dir.path];
  const walk = (options: Omit<WalkChildOptions, "source">) =>
    walkBehind(prefix, { source: dir.path, ...options });
  const skipped = (...names: string[]) =>
    names.map((name) => ["info", `skipping mount point: "${name}"`]);

  const one = await walk({});
  assertEquals(one.paths, [
    "bind/",
    "bind/in",
    "device",
    "other/",
    "plain/",
    "plain/in",
    "proc/",
    "tmp/",
  ]);
  assertEquals(one.warnings, skipped("other", "proc", "tmp"));

  const some = await walk({ includePaths: [`${dir.path}/tmp`, `${dir.path}/proc`] });
  assertEquals(some.paths.slice(3), [
    "other/",
    "plain/",
    "plain/in",
    "proc/",
    "tmp/",
    "tmp/in",
    "tmp/sub/",
  ]);
  assertEquals(some.warnings, skipped("other", "proc", "tmp/sub"));

  const all = await walk({ allFileSystems: true });
  assertEquals(all.paths.slice(3), [
    ...["other/", "other/in", "plain/", "plain/in", "proc/"],
    ...["tmp/", "tmp/in", "tmp/sub/", "tmp/sub/in"],
  ]);
  assertEquals(all.warnings, skipped("proc"));
});
