import { assertEquals } from "@std/assert";
import { mountedFiles, sourceOf } from "./mounted_files.ts";

Deno.test("images on files are found in the table of mounts", () => {
  const name = "joe@pbs@h:8007:store:host/web 1/disk,é\\.img";
  const table = [
    "22 28 0:21 / /proc rw,relatime shared:12 - proc proc rw",
    `90 28 0:50 / /tmp/my\\040disk\\134.img ro,nosuid - fuse ${sourceOf(name)} ro,user_id=0`,
    "91 28 0:51 / /mnt ro - fuse /dev/fuse ro,user_id=0",
    "92 28 0:52 / /x ro - fuse.other pbs-block-dev:7:y ro",
    "93 28 0:53 / /y ro - fuse pbs-block-dev:y ro",
    "",
  ].join("\n");
  assertEquals(mountedFiles(table), [{ name, file: "/tmp/my disk\\.img", owner: Deno.pid }]);
});
