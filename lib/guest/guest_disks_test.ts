import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { NotFoundError, UsageError } from "../errors/mod.ts";
import { GuestDisks, parseNamedDevice } from "./guest_disks.ts";

/** Folders like those of a guest with two disks of virtio and one that is none. */
async function pretendedPlaces(): Promise<{ devices: string; state: string; root: string }> {
  const root = await Deno.makeTempDir();
  const places = { root, devices: `${root}/dev`, state: `${root}/block` };
  const files: Record<string, string> = {
    "block/vda/serial": "drive-scsi0",
    "block/vda/size": "2048\n",
    "block/vda/vda1/partition": "1\n",
    "block/vda/vda1/size": "8\n",
    "block/vda/vda15/partition": "15\n",
    "block/vda/vda15/size": "16\n",
    "block/vda/queue/partition": "3\n",
    "block/vdb/serial": "drive-a-very-long-na",
    "block/vdb/size": "1\n",
    "block/vdc/serial": "../../etc",
    "block/vdc/size": "1\n",
    "block/vdd/size": "1\n",
    "block/sda/serial": "drive-sda",
    "block/sda/size": "1\n",
    "dev/vda": "",
    "dev/vdb": "",
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${root}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.writeTextFile(`${root}/${path}`, text);
  }
  return places;
}

Deno.test("virtio disks are found by their serial numbers, with their partitions", async () => {
  const places = await pretendedPlaces();
  try {
    const disks = new GuestDisks([], places);
    assertEquals(await disks.names(), ["drive-a-very-long-na", "drive-scsi0"]);
    const { name, device, sizeBytes, partitions } = await disks.find("drive-scsi0.img.fidx");
    assertEquals([name, device, sizeBytes], ["drive-scsi0", `${places.devices}/vda`, 1 << 20]);
    assertEquals([...partitions].sort(([a], [b]) => a - b), [
      [1, { device: `${places.devices}/vda1`, sizeBytes: 4096 }],
      [15, { device: `${places.devices}/vda15`, sizeBytes: 8192 }],
    ]);
    // The guest sees 20 characters of a serial number.
    const long = await disks.find("drive-a-very-long-name-of-a-disk.img.fidx");
    assertEquals(long.name, "drive-a-very-long-na");
  } finally {
    await Deno.remove(places.root, { recursive: true });
  }
});

Deno.test("archives that are no image of a disk are not found", async () => {
  const places = await pretendedPlaces();
  try {
    const disks = new GuestDisks([], places);
    for (
      const name of ["drive-scsi0", "drive-scsi0.img", "x.img.fidx", ".img.fidx", "a/../b.img.fidx"]
    ) {
      await assertRejects(() => disks.find(name), NotFoundError, name);
    }
    const named = new GuestDisks([{ name: "a", device: "/nowhere/b" }], places);
    await assertRejects(() => named.find("a.img.fidx"), NotFoundError, "/nowhere/b");
    const file = new GuestDisks([{ name: "a", device: `${places.state}/vda/size` }], places);
    await assertRejects(() => file.find("a.img.fidx"), NotFoundError, "is no disk");
    await assertRejects(() => named.find("drive-scsi0.img.fidx"), NotFoundError);
  } finally {
    await Deno.remove(places.root, { recursive: true });
  }
});

Deno.test("devices get names as NAME=DEVICE", () => {
  const device = "/dev/vdb";
  for (const text of ["a-1=/dev/vdb", "a-1.img=/dev/vdb", "a-1.img.fidx=/dev/vdb"]) {
    assertEquals(parseNamedDevice(text), { name: "a-1", device });
  }
  for (const text of ["", "=", "a", "a=", "=/dev/vdb", "a=vdb", "../a=/dev/vdb", ".a=/dev/vdb"]) {
    assertThrows(() => parseNamedDevice(text), UsageError);
  }
});
