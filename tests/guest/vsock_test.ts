// Boots a virtual machine that has nothing but the packed executable, busybox and kernel modules.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { cpioFile, cpioFolder } from "../support/guest/cpio_archive.ts";
import { DISK_FILE_PEERS, makeDiskFile } from "../support/guest/disk_file.ts";
import { guestKernel } from "../support/guest/guest_kernel.ts";
import { type GuestStep, runGuest } from "../support/guest/run_guest.ts";
import { packedExecutable } from "../support/packed_executable.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PEERS = ["qemu-system-x86_64", "busybox", "apt-get", "dpkg-deb", ...DISK_FILE_PEERS];
/** Modules in the order in which they can be loaded. */
const MODULES = [
  ...["vsock", "vmw_vsock_virtio_transport_common", "vsock_loopback", "fuse"],
  ...["virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"],
  ...["virtio_blk", "fat", "vfat", "nls_cp437", "nls_ascii"],
];
const FOLDERS = ["bin", "dev", "proc", "sys", "tmp", "modules"];
/** As much of the name of a disk as a guest sees; it asks for the longer one. */
const SERIAL = "drive-scsi0-with-a-l";
const MEMORY_MEGABYTES = 1536;
/** For machines that have much else to do: by itself it takes a little more than a minute. */
const TIMEOUT_MS = 9 * 60 * 1000;

async function boot(modules: readonly string[], disk: string): Promise<GuestStep[]> {
  const kernel = await guestKernel();
  const init = await Deno.readTextFile(new URL("init.sh", import.meta.url));
  const { steps } = await runGuest({
    memoryMegabytes: MEMORY_MEGABYTES,
    timeoutMs: TIMEOUT_MS,
    disks: [{ serial: SERIAL, path: disk }],
    files: [
      ...FOLDERS.map(cpioFolder),
      cpioFile("bin/busybox", await Deno.readFile(await pathOf("busybox")), true),
      cpioFile("bin/pbs-client", await Deno.readFile(await packedExecutable()), true),
      cpioFile(
        "init",
        new TextEncoder().encode(init.replace("$GUEST_MODULES", modules.join(" "))),
        true,
      ),
      ...await Promise.all(
        MODULES.map(async (name) => cpioFile(`modules/${name}.ko`, await kernel.module(name))),
      ),
    ],
  });
  return steps;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}

/** Path of a command of this machine. */
async function pathOf(command: string): Promise<string> {
  return (await runPeer("sh", ["-c", `command -v ${command}`])).trim();
}

testWithPeers("a virtual machine backs up and restores over vsock", PEERS, async () => {
  const startSeconds = Math.floor(Date.now() / 1000);
  // Taking one out is how to see that the test fails without it: vsock_loopback, for example.
  const left = Deno.env.get("PBS_CLIENT_GUEST_WITHOUT");
  await using dir = await TempDir.make();
  await Deno.mkdir(`${dir.path}/tree/folder`, { recursive: true });
  const files = { hello: "hello\n", big: "0123456789".repeat(200_000) };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${dir.path}/tree/folder/${name}`, text);
  }
  await makeDiskFile(`${dir.path}/disk`, `${dir.path}/tree`);
  const steps = await boot(MODULES.filter((name) => name !== left), `${dir.path}/disk`);
  const told = steps.map(({ name, code, uptimeSeconds, output }) =>
    `${name}: ${code} (${uptimeSeconds} s after the kernel began)\n${output}`
  ).join("\n");
  const step = (name: string): GuestStep => {
    const found = steps.find((step) => step.name === name);
    if (found === undefined) throw new Error(`the guest did not come to "${name}":\n${told}`);
    return found;
  };
  const succeeded = (name: string): string => {
    const { code, output } = step(name);
    assertEquals(code, 0, `"${name}" failed in the guest:\n${told}`);
    return output;
  };

  // Before the modules are there, there is no vsock at all.
  const without = step("without-vsock");
  assertEquals(without.code, 255, told);
  assertMatch(
    without.output,
    /^Error: cannot connect to \[vsock:1\]:8007: the kernel has no vsock\. .*modprobe vsock_loopback/,
  );
  succeeded("load");
  const served = succeeded("serve");
  assertMatch(served, /^# listening on vsock:8007, /);
  assertMatch(served, /^export PBS_REPOSITORY='admin@pbs@\[vsock:2\]:8007:store'$/m);
  succeeded("source");

  const backup = succeeded("backup");
  assertMatch(backup, /Upload directory 'source' to 'admin@pbs@\[vsock:1\]:8007:store'/);
  const time = /^Starting backup: host\/guest\/(\S+)Z/m.exec(backup)?.[1];
  const backupSeconds = Date.parse(`${time}Z`) / 1000;
  // The guest has the time from its clock, not from a network.
  assert(
    backupSeconds >= startSeconds && backupSeconds <= Date.now() / 1000,
    `the backup is of ${time}`,
  );
  // Names, types, modes, owners, sizes, times, links and contents are compared in the guest.
  const restored = succeeded("restore");
  assertMatch(restored, /^Summary: 4 files, 3 directories, 1 symbolic link, 1 hard link, /m);
  succeeded("mounted");

  const lost = step("lose-server");
  assert(lost.code !== 0, `a backup whose server went has succeeded:\n${told}`);
  assertMatch(lost.output, /^Error: connection to \[vsock:1\]:8007 /m);

  // The daemon of a file restore and its client: volumes that this kernel has found by itself, a FAT
  // that is empty, and files of a logical partition.
  succeeded("serve-files");
  const files_told = succeeded("ask-files").split("\n").map((line) =>
    line.trim().replaceAll(/ +/g, " ")
  );
  assertEquals(files_told.slice(0, 3), ["d 1 8388608", "d 2 1024", "d 5 41943040"], told);
  assertEquals(
    files_told.slice(3, 5).sort(),
    Object.entries(files).map(([name, text]) => `${md5(text)} ./folder/${name}`).sort(),
    told,
  );
  assertEquals(files_told.slice(5, 7), ["listening on vsock:807", "stopped"], told);
  assertEquals(succeeded("end"), "");
  // The last thing that was done has powered the machine off: a step that ended would say so.
  assertEquals(steps.at(-1)!.name, "end", told);
  // deno-lint-ignore no-console
  console.log(`kernel start to finished backup: ${step("backup").uptimeSeconds} s in the guest`);
});
