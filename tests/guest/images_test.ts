import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ConnectionError } from "../../lib/errors/mod.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { DISK_PEERS, DiskImage } from "../support/disk_image.ts";
import { eventually } from "../support/eventually.ts";
import { GuestProcess } from "../support/guest_process.ts";
import { MountNamespace } from "../support/mount_namespace.ts";
import { runClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PART = "drive-scsi0.img.fidx/part/1";
const RAW = "drive-raw.img.fidx/raw";

/** A tree with what file systems can hold, and with traps. */
const TREE = `
  mkdir -p etc deep/a/b 'we[ir]d *dir' dev many
  echo hello > etc/hostname; setfattr -n user.k -v v etc/hostname; setfacl -m u:1000:r etc/hostname
  touch -d '2001-02-03 04:05:06.789' etc/hostname
  head -c 3000000 /dev/urandom > deep/a/b/big; ln deep/a/b/big deep/second
  ln -s ../etc/hostname deep/link; ln -s /etc/passwd deep/outside; ln -s ../../../../../../etc/passwd deep/up
  ln -s /etc absolute; ln -s /proc/self/root magic
  printf x > "we[ir]d *dir/$(printf 'n\\377\\n')"; mkfifo dev/fifo; mknod dev/null c 1 3
  echo '*' > deep/.pxarexclude; : > etc/empty; truncate -s 5M deep/sparse; chown 1000:1001 deep/a; chmod 4755 deep/sparse
  for i in $(seq 1500); do : > many/$i; done
`;

/** A guest with two disks: one with partitions, one that is a file system. */
class World implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  dir!: TempDir;
  namespace!: MountNamespace;
  disk!: DiskImage;
  guest!: GuestProcess;

  static async start(): Promise<World> {
    const world = new World();
    const stack = world.#stack;
    try {
      world.dir = stack.use(await TempDir.make());
      const { path } = world.dir;
      await Deno.mkdir(`${path}/tree`);
      await runPeer("bash", ["-ec", TREE], { cwd: `${path}/tree` });
      world.namespace = stack.use(await MountNamespace.create());
      const disk = stack.use(await DiskImage.create(`${path}/disk`, 72, [48, 4, 4, 4, 4]));
      const raw = stack.use(await DiskImage.create(`${path}/raw`, 16));
      world.disk = disk;
      await runPeer("mkfs.ext4", ["-q", disk.partition(1)]);
      await world.namespace.run("mkdir", "/run/mounted");
      await world.namespace.run("mount", disk.partition(1), "/run/mounted");
      await world.namespace.run("rmdir", "/run/mounted/lost+found");
      await world.namespace.run("cp", "-a", `${path}/tree/.`, "/run/mounted");
      await world.namespace.run("umount", "/run/mounted");
      await DiskImage.mark(disk.partition(2), 512, "LABELONE");
      await DiskImage.mark(disk.partition(2), 512 + 24, "LVM2 001");
      await DiskImage.mark(disk.partition(3), 0x10034, "ReIsErFs");
      await DiskImage.mark(disk.partition(4), 4086, "SWAPSPACE2");
      await Deno.mkdir(`${path}/small/sub`, { recursive: true });
      for (const name of ["good", "bad", "more", "sub/last"]) {
        await Deno.writeTextFile(`${path}/small/${name}`, name.repeat(20_000));
      }
      const make = ["-q", "-O", "^metadata_csum", "-d", `${path}/small`];
      await runPeer("mkfs.ext4", [...make, raw.device]);
      // The place of its content is lost.
      await runPeer("debugfs", ["-w", "-R", "set_inode_field /bad block[0] 0", raw.device]);
      world.guest = stack.use(
        await GuestProcess.start(world.namespace, path, [
          `drive-scsi0=${disk.device}`,
          `drive-raw=${raw.device}`,
        ]),
      );
      return world;
    } catch (error) {
      await stack.disposeAsync();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function curl(guest: GuestProcess, call: string, ...words: string[]): Promise<string> {
  return await runPeer("curl", [
    ...["--silent", "--show-error", "--unix-socket", guest.socket],
    ...["--header", `Authorization: ${guest.ticket}`, "--globoff", ...words],
    `http://localhost/api2/json/${call}`,
  ]);
}

function pathOf(path: string): string {
  return `path=${encodeURIComponent(btoa(path))}`;
}

testWithPeers(
  "a guest lists and extracts files of its disks (spec: protocol.md §8)",
  [...DISK_PEERS, ...TREE_PEERS, "curl", "tar", "unzip", "zstd", "unshare", "setfattr"],
  async (test) => {
    await using world = await World.start();
    const { guest, dir, namespace } = world;
    const { client } = guest;
    const list = async (path: string) => await client.list(new TextEncoder().encode(path));
    const named = async (path: string) => (await list(path)).map(({ type, text }) => type + text);

    await test.step("lists lead through volumes into file systems", async () => {
      assertEquals(await named("/"), ["vdrive-raw.img.fidx", "vdrive-scsi0.img.fidx"]);
      assertEquals(await named("drive-scsi0.img.fidx"), ["vpart", "vlvm"]);
      assertEquals(await named("/drive-raw.img.fidx/"), ["vraw"]);
      const parts = await list("drive-scsi0.img.fidx/part");
      assertEquals(parts.map(({ text, type, leaf, size }) => [text, type, leaf, size! >> 20]), [
        ["1", "d", false, 48],
        ["2", "d", false, 4],
        ["3", "d", false, 4],
        ["4", "d", false, 4],
        ["5", "d", false, 4],
      ]);
      assertEquals((await list(`${PART}/many`)).length, 1500);
      assertEquals(await named(`${PART}/dev`), ["pfifo", "cnull"]);
      const deep = await list(`/${PART}/deep`);
      const seen = deep.map(({ filepath, text, type, leaf, size }) =>
        [atob(filepath), text, type, leaf, size] as const
      );
      assertEquals(seen, [
        [`${PART}/deep/.pxarexclude`, ".pxarexclude", "f", true, 2],
        [`${PART}/deep/a`, "a", "d", false, undefined],
        [`${PART}/deep/link`, "link", "l", true, undefined],
        [`${PART}/deep/outside`, "outside", "l", true, undefined],
        [`${PART}/deep/second`, "second", "f", true, 3_000_000],
        [`${PART}/deep/sparse`, "sparse", "f", true, 5 << 20],
        [`${PART}/deep/up`, "up", "l", true, undefined],
      ]);
      // Something that is no directory is listed alone.
      const [file, ...others] = await list(`${PART}/etc/hostname`);
      assertEquals([file!.text, file!.size, file!.mtime, others], [
        "hostname",
        6,
        Date.parse("2001-02-03T04:05:06Z") / 1000,
        [],
      ]);
      // A name that is no text is found by its bytes.
      const [odd] = await list(`${PART}/we[ir]d *dir`);
      const bytes = Uint8Array.from(atob(odd!.filepath), (character) => character.charCodeAt(0));
      assertEquals(bytes.slice(-2), Uint8Array.of(0x6e, 0xff));
      assertEquals((await client.list(bytes))[0]!.size, 1);
    });

    await test.step("what cannot be opened is told in words", async () => {
      const cases: readonly (readonly [string, RegExp])[] = [
        ["drive-scsi0.img.fidx/part/2", /is a physical volume of LVM, and no file system/],
        [
          "drive-scsi0.img.fidx/part/3",
          /reiserfs, for which this kernel has no driver|cannot mount/,
        ],
        ["drive-scsi0.img.fidx/part/4", /is swap space, and no file system/],
        ["drive-scsi0.img.fidx/part/5", /holds nothing that is known/],
        ["drive-scsi0.img.fidx/part/6", /has no partition '6'/],
        ["drive-scsi0.img.fidx/part/01", /has no partition '01'/],
        ["drive-scsi0.img.fidx/lvm", /partition 2 is a physical volume of LVM: this guest cannot/],
        ["drive-scsi0.img.fidx/zpool", /has no "zpool"/],
        ["drive-scsi0.img.fidx/raw", /holds nothing that is known/],
        ["drive-scsi1.img.fidx", /no disk of image 'drive-scsi1.img.fidx'/],
        [`${PART}/nope`, /cannot open .*nope": No such file/],
      ];
      for (const [path, message] of cases) {
        assertMatch((await assertRejects(() => list(path)) as Error).message, message);
      }
    });

    await test.step("symbolic links lead nowhere outside of the file system", async () => {
      assertEquals(await curl(guest, `extract?${pathOf(`${PART}/deep/link`)}`), "hello\n");
      assertEquals(await curl(guest, `extract?${pathOf(`${PART}/absolute/hostname`)}`), "hello\n");
      for (const path of ["deep/outside", "deep/up", "magic/etc/passwd", "magic"]) {
        const answer = await curl(guest, `extract?${pathOf(`${PART}/${path}`)}`);
        assertMatch(answer, /^cannot open .*No such file/);
      }
      for (const path of ["..", "../..", "deep/../../..", "deep/a/../../../../etc/passwd"]) {
        const answer = await curl(guest, `extract?${pathOf(`${PART}/${path}`)}`);
        assertMatch(answer, /leads upwards/);
      }
      // Opening a pipe would wait for ever.
      assertMatch(
        await curl(guest, `extract?${pathOf(`${PART}/dev/fifo`)}`),
        /is no regular file: choose/,
      );
    });

    await test.step("a directory comes out as it went in", async () => {
      const target = `${dir.path}/extracted`;
      await Deno.mkdir(target, { mode: 0o711 });
      const { code, stderr } = await guest.run("extract", `/${PART}`, target);
      assertEquals([code, stderr], [0, ""]);
      await assertSameTree(`${dir.path}/tree`, `${target}/1`);
      // The target itself, and what else is in it, stay as they are.
      assertEquals((await Deno.stat(target)).mode! & 0o777, 0o711);
      assertEquals(Array.from(Deno.readDirSync(target), ({ name }) => name), ["1"]);
      const file = `${dir.path}/file`;
      await guest.run("extract", `/${PART}/deep/a/b/big`, file);
      await runPeer("cmp", [`${file}/big`, `${dir.path}/tree/deep/a/b/big`]);
      const odd = await guest.run("extract", `/${PART}/we[ir]d *dir`, file);
      assertEquals([odd.code, odd.stderr], [0, ""]);
      await assertSameTree(`${dir.path}/tree/we[ir]d *dir`, `${file}/we[ir]d *dir`);
    });

    await test.step("tar, zip and pxar hold the same for other programs", async () => {
      const { path } = dir;
      const fetch = (form: string, file: string) =>
        curl(guest, `extract?${pathOf(`${PART}/deep`)}&${form}`, "--output", `${path}/${file}`);
      await fetch("format=tar&zstd=true", "deep.tar.zst");
      await runPeer("zstd", ["-dq", `${path}/deep.tar.zst`, "-o", `${path}/deep.tar`]);
      await Deno.mkdir(`${path}/tar`);
      await runPeer("tar", ["-xf", `${path}/deep.tar`, "-C", `${path}/tar`, "--same-owner", "-p"]);
      await assertSameTree(`${path}/tree/deep`, `${path}/tar/deep`);
      await fetch("", "deep.zip");
      await runPeer("unzip", ["-q", `${path}/deep.zip`, "-d", `${path}/zip`]);
      await runPeer("diff", ["-r", "--no-dereference", `${path}/tree/deep`, `${path}/zip/deep`]);
      await fetch("pxar=1", "deep.pxar");
      await fetch("format=pxar&zstd=1", "deep.pxar.zst");
      await runPeer("zstd", ["-dq", `${path}/deep.pxar.zst`, "-o", `${path}/deep2.pxar`]);
      await runPeer("cmp", [`${path}/deep.pxar`, `${path}/deep2.pxar`]);
      const big = "deep/a/b/big";
      await curl(guest, `extract?${pathOf(`${PART}/${big}`)}`, "--output", `${path}/big`);
      await runPeer("cmp", [`${path}/big`, `${path}/tree/${big}`]);
      assertMatch(
        await curl(guest, `extract?${pathOf(`${PART}/deep`)}&format=plain`),
        /is a directory: choose pxar, tar or zip/,
      );
    });

    await test.step("a damaged file costs itself, and is no success", async () => {
      const target = `${dir.path}/damaged`;
      const { code, stderr } = await guest.run("extract", `/${RAW}`, target);
      assert(code !== 0);
      assertMatch(stderr, /^Error: .*ended inside a message$/m);
      for (const name of ["good", "more", "sub/last"]) {
        await runPeer("cmp", [`${target}/raw/${name}`, `${dir.path}/small/${name}`]);
      }
      for (const form of ["tar", "zip", "plain"] as const) {
        const path = new TextEncoder().encode(form === "plain" ? `${RAW}/bad` : RAW);
        if (form === "plain") {
          await assertRejects(() => client.extract(path, form, false), Error, "needs cleaning");
          continue;
        }
        await using failed = await client.extract(path, form, false);
        await assertRejects(() => failed.body.discard(), ConnectionError);
      }
      const other = await runClient(["guest", "extract", `/${RAW}/more`, "-", ...guest.options]);
      assertEquals([other.code, other.stdout], [0, "more".repeat(20_000)]);
    });

    await test.step("eight extractions at a time, and no more", async () => {
      const path = new TextEncoder().encode(`${PART}/deep/sparse`);
      const open = await Promise.all(
        Array.from({ length: 8 }, () => client.extract(path, undefined, false)),
      );
      await assertRejects(() => client.extract(path, undefined, false), Error, "only 8");
      await Promise.all(open.map((content) => content[Symbol.asyncDispose]()));
      await eventually(async () => {
        await using again = await client.extract(path, undefined, false);
        assertEquals((await again.body.bytes(5 << 20)).length, 5 << 20);
      });
    });

    await test.step("commands show it to people and to programs", async () => {
      const lines = await guest.run("list", `/${PART}/etc`);
      assertMatch(lines.stdout, /[│|] f +[│|] empty +[│|] +\d+ [│|] +0 [│|]/);
      const json = await guest.run("list", btoa(PART), "--base64", "--output-format", "json");
      assertEquals(JSON.parse(json.stdout), JSON.parse(JSON.stringify(await list(PART))));
      assertMatch(
        (await guest.run("status")).stdout,
        /^running for .*, ends after .* without use\n$/,
      );
      const map = { "qemu_a-vm-1": { pid: 1, cid: 1, ticket: "t" } };
      await namespace.run("mkdir", "-p", "/run/proxmox-backup/0");
      const known = (...words: string[]) =>
        runClient(["guest", ...words], { under: namespace.under });
      assertEquals((await known("status")).stdout, "Qemu: no mappings\n");
      const file = "/run/proxmox-backup/0/restore-vm-map.json";
      await namespace.run("sh", "-c", `echo '${JSON.stringify(map)}' > ${file}`);
      const all = JSON.parse((await known("status", "--output-format", "json")).stdout);
      const { error, ...state } = all.Qemu.ids["qemu_a-vm-1"];
      assertEquals(state, { pid: 1, cid: 1 });
      assertMatch(error, /^cannot connect to \[vsock:1\]:807: /);
      assertMatch((await known("stop", "other")).stderr, /knows no guest 'other'/);
      const refused = await guest.run("extract", `/${PART}`, "out", "--format", "tar");
      assertMatch(refused.stderr, /write - as the target/);
    });

    await test.step("it ends when it is stopped, and leaves nothing mounted", async () => {
      assertMatch(await namespace.run("cat", "/proc/mounts"), /pbs-client-guest/);
      assertEquals((await guest.run("stop")).code, 0);
      const { code, stderr } = await guest.end();
      assertEquals(code, 0, stderr);
      assertEquals(/pbs-client-guest/.test(await namespace.run("cat", "/proc/mounts")), false);
      await assertRejects(() => namespace.run("ls", "/run/pbs-client-guest"));
      await assertRejects(() => client.status(true), ConnectionError, "cannot connect to unix:");
    });
  },
);
