import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Chance } from "../support/chance.ts";
import { MappedImages } from "../support/mapped_images.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServedBucket } from "../support/s3/served_bucket.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** No multiple of a sector, and several chunks, of which the last is a small one. */
const SIZE = 9 * 1024 * 1024 + 4096 + 512 + 7;
/** With the address of the bucket too long for the name of a file. */
const HOST = "a-host-in-the-first-department".repeat(4);

testWithPeers(
  "an image in a bucket is mapped as a device and as a file, whatever the length of its name",
  ["versitygw", "cmp", "blockdev"],
  async () => {
    await using bucket = await ServedBucket.start();
    const repository = bucket.address("tank-of-a-company-with-a-name");
    await using images = await MappedImages.create(repository, bucket.keys());
    const bytes = new Chance(5).bytes(SIZE);
    bytes.fill(0, 4 * 1024 * 1024, 8 * 1024 * 1024);
    const source = await images.backUp(HOST, bytes);

    const { stderr, code } = await images.run(["map", `host/${HOST}`, "disk.img"]);
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "it does not show the last 7 of the image; --file PATH does");
    const device = / mapped on (\/dev\/loop\d+)$/m.exec(stderr)![1]!;
    assertEquals(await runPeer("blockdev", ["--getsize64", device]), `${SIZE - 7}\n`);
    await runPeer("cmp", [`--bytes=${SIZE - 7}`, device, source]);
    // Its name is cut in front, and the same name is the same mapping.
    const [line, ...others] = await images.listed();
    assertEquals(others, []);
    assertMatch(line!, /^\/dev\/loop\d+:\t[0-9a-f]{16}\.\.\..*department\/disk\.img$/);
    const twice = await images.run(["map", `host/${HOST}`, "disk.img"]);
    assertStringIncludes(twice.stderr, "already mapped, cannot map twice");
    const unmapped = await images.run(["unmap", `${repository}:host/${HOST}/disk.img`]);
    assertEquals([unmapped.code, unmapped.stderr], [0, ""]);
    assertEquals(await images.left(), "");

    const place = `${images.dir.path}/shown.img`;
    assertEquals(await images.map(HOST, "--file", place), place);
    await images.namespace.run("cmp", place, source);
    assertEquals(await images.listed(), [`${place}:\t${repository}:host/${HOST}/disk.img`]);
    assertEquals((await images.run(["unmap", place])).code, 0);
    assertEquals(await images.namespace.run("ls", images.dir.path), `${HOST}.raw\n`);

    // A key that is not the right one.
    const wrong = await images.run(["map", `host/${HOST}`, "disk.img"], {
      env: { PBS_S3_SECRET_KEY: "another" },
    });
    assertEquals(wrong.code, 255);
    assertMatch(wrong.stderr, /^Error: cannot read .*the secret key does not fit the access key/);
    // Chunks that the bucket has lost.
    await Deno.remove(`${bucket.folder("tank-of-a-company-with-a-name")}/.chunks`, {
      recursive: true,
    });
    const lost = await images.run(["map", `host/${HOST}`, "disk.img", "--file", place]);
    assertEquals(lost.code, 255);
    assertMatch(lost.stderr, /^Error: chunk [0-9a-f]{64} is missing: there is no object /);
    assertEquals(await images.listed(), ["Nothing mapped."]);
  },
);
