// Backs up from snapshots of LVM in a virtual machine: on this machine no test may touch LVM.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { type CpioEntry, cpioFile, cpioFolder } from "../support/guest/cpio_archive.ts";
import { guestKernel } from "../support/guest/guest_kernel.ts";
import { guestPrograms, lvmProgram } from "../support/guest/guest_programs.ts";
import { type GuestStep, runGuest } from "../support/guest/run_guest.ts";
import { packedExecutable } from "../support/packed_executable.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = [
  ...["qemu-system-x86_64", "busybox", "apt-get", "dpkg-deb", "mkfs.ext4", "mkfs.xfs", "debugfs"],
];
/** Modules in the order in which they can be loaded. */
const MODULES = [
  ...["dm-mod", "dm-bufio", "dm-snapshot", "libcrc32c", "dm-bio-prison", "dm-persistent-data"],
  ...["dm-thin-pool", "loop", "xfs"],
];
const FOLDERS = [
  ...["bin", "sbin", "lib", "lib64", "dev", "proc", "sys", "tmp", "mnt", "etc", "modules"],
];
const MEMORY_MEGABYTES = 1536;
const TIMEOUT_MS = 9 * 60 * 1000;

/** What is in a folder, for the root of a guest: there it takes long to make a datastore. */
function copyOf(folder: string, name: string): CpioEntry[] {
  return [
    cpioFolder(name),
    ...[...Deno.readDirSync(folder)].flatMap((entry) => {
      const [from, to] = [`${folder}/${entry.name}`, `${name}/${entry.name}`];
      return entry.isDirectory ? copyOf(from, to) : [cpioFile(to, Deno.readFileSync(from))];
    }),
  ];
}

async function boot(datastore: string): Promise<GuestStep[]> {
  const kernel = await guestKernel();
  const init = await Deno.readTextFile(new URL("lvm.sh", import.meta.url));
  const lvm = await lvmProgram();
  const pathOf = async (name: string) => (await runPeer("sh", ["-c", `command -v ${name}`])).trim();
  const { steps } = await runGuest({
    memoryMegabytes: MEMORY_MEGABYTES,
    timeoutMs: TIMEOUT_MS,
    files: [
      ...FOLDERS.map(cpioFolder),
      ...copyOf(datastore, "store"),
      cpioFile("bin/busybox", await Deno.readFile(await pathOf("busybox")), true),
      cpioFile("bin/pbs-client", await Deno.readFile(await packedExecutable()), true),
      ...await guestPrograms([lvm, await pathOf("mkfs.ext4"), await pathOf("mkfs.xfs")]),
      cpioFile(
        "init",
        new TextEncoder().encode(init.replace("$GUEST_MODULES", MODULES.join(" "))),
        true,
      ),
      ...await Promise.all(
        MODULES.map(async (name) => cpioFile(`modules/${name}.ko`, await kernel.module(name))),
      ),
    ],
  });
  return steps;
}

testWithPeers("backups from snapshots of LVM are of one moment, or fail", PEERS, async () => {
  await using dir = await TempDir.make("/dev/shm");
  await runClientOk(["datastore", "init", `${dir.path}/store`]);
  const steps = await boot(`${dir.path}/store`);
  const told = steps.map(({ name, code, uptimeSeconds, output }) =>
    `${name}: ${code} (${uptimeSeconds} s)\n${output.slice(0, 6000)}`
  ).join("\n");
  const step = (name: string): GuestStep => {
    const found = steps.find((step) => step.name === name);
    if (found === undefined) throw new Error(`the guest did not come to "${name}":\n${told}`);
    return found;
  };
  assertEquals(step("prepare").code, 0, told);

  const change = step("change");
  assertEquals(change.code, 0, told);
  assertMatch(change.output, /'\/mnt\/plain\/first' is read from a snapshot taken with lvm/);
  // One snapshot for each volume, a thin one of the thin one; the image is of the same as the files.
  const snapshots = [...change.output.matchAll(/^ *pbs-client-\S+ +(\w+) +(\w+)\s*$/gm)]
    .map(([, type, origin]) => `${type} of ${origin}`).sort();
  assertEquals(snapshots, ["linear of plain", "thin of thin"], told);

  const killed = step("killed");
  assertEquals(killed.code, 0, told);
  const left = killed.output.trim().split(/\s+/).at(-1)!;
  const overflow = step("overflow");
  assertEquals(overflow.code, 255, told);
  assertStringIncludes(
    overflow.output,
    `removed the LVM snapshot 'vg/${left}', which an interrupted run has left`,
  );
  assertMatch(overflow.output, /^Error: the LVM snapshot 'vg\/\S+' of the volume 'plain' is full/m);
  assertMatch(overflow.output, /^whole$/m);
  assert(!/^\d{4}-\d\d-\d\dT/m.test(overflow.output), told);
  assertEquals([step("end").code, step("end").output], [0, ""]);

  const archive = step("send").output.replaceAll(/\s/g, "");
  await Deno.writeFile(`${dir.path}/store.tgz`, Buffer.from(archive, "base64"));
  await runPeer("tar", ["-xzf", `${dir.path}/store.tgz`, "-C", dir.path]);
  const restore = async (name: string) => {
    const target = `${dir.path}/${name}`;
    await runClientOk(["restore", "host/whole/latest", name, target], {
      env: { PBS_REPOSITORY: `${dir.path}/store` },
    });
    return target;
  };
  for (const name of ["first", "last", "thinfirst", "thinlast"]) {
    assertEquals(await Deno.readTextFile(`${await restore(`${name}.pxar`)}/count`), "1\n", name);
  }
  const linked = await Promise.all(
    ["count", "linked"].map((name) => Deno.stat(`${dir.path}/thinlast.pxar/${name}`)),
  );
  assertEquals(linked[0]!.ino, linked[1]!.ino);
  const image = await restore("disk.img");
  for (const name of ["first", "last"]) {
    assertEquals(await runPeer("debugfs", ["-R", `cat /${name}/count`, image]), "1\n");
  }
});
