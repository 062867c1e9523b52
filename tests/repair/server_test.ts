import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { AuthError } from "../../lib/errors/mod.ts";
import { decodeManifestBlob, encodeManifestBlob } from "../../lib/manifest/mod.ts";
import { formatSnapshotPath, type Repository } from "../../lib/repository/mod.ts";
import { Chance } from "../support/chance.ts";
import { eventually } from "../support/eventually.ts";
import { withRemoteRepository } from "../support/remote_repository.ts";
import { repairStored } from "../support/repair_in_process.ts";
import { chunkFiles, hurt, open, RepairWorld, run } from "../support/repair_world.ts";
import type { TestServer } from "../support/test_server.ts";

/** Puts the snapshots of a datastore directory into that of a server. */
async function fill(server: TestServer, from: string): Promise<void> {
  for (const name of ["host", ".chunks"]) {
    await run("cp", "-a", `${from}/${name}`, `${server.datastorePath}/`);
  }
}

Deno.test("a server's repository is repaired from a directory: chunks through a backup that is broken off", async () => {
  await using world = await RepairWorld.make(["legacy", "hidden", "disk"]);
  await withRemoteRepository(async (repository, server) => {
    const store = server.datastorePath;
    await fill(server, `${world.folder}/first`);
    const chance = new Chance(4);
    const files = chunkFiles(store).filter((_, number) => number % 5 === 0);
    for (const name of files) hurt(`${store}/.chunks/${name}`, chance);
    const crypt = world.crypt.config;
    await using other = open(`${world.folder}/first`);
    const looked = await repairStored(repository, { others: [other], crypt, dryRun: true });
    assertEquals(looked.report.chunksRepaired, files.length);
    const groups = () => [...Deno.readDirSync(`${store}/host`)].map(({ name }) => name).sort();
    assertEquals(groups(), ["disk", "hidden", "legacy"]);
    const end = await repairStored(repository, { others: [other], crypt });
    assertEquals(end.report.chunksRepaired, files.length, end.lines.join("\n"));
    assertEquals(end.report.snapshots.damaged, 0, end.lines.join("\n"));
    for (const name of files) {
      assertEquals(
        Deno.readFileSync(`${store}/.chunks/${name}`),
        Deno.readFileSync(`${world.folder}/first/.chunks/${name}`),
      );
    }
    for (const { id, verification } of await repository.listSnapshots("")) {
      if (!id.startsWith("repair-")) assertEquals(verification?.state ?? "ok", "ok", id);
    }
    // It goes when the server has noticed that the upload was broken off.
    await eventually(() =>
      Promise.resolve().then(() => assertEquals(groups(), ["disk", "hidden", "legacy"]))
    );
  });
});

Deno.test("a directory is repaired from a server, also from snapshots of other names", async () => {
  await using world = await RepairWorld.make(["legacy", "split"]);
  await withRemoteRepository(async (other, server) => {
    await fill(server, `${world.folder}/first`);
    // Another name: the copy of the snapshot is not there, its chunks are.
    await run("mv", `${server.datastorePath}/host/split`, `${server.datastorePath}/host/other`);
    await relabel(`${server.datastorePath}/host/other`);
    const damaged = await world.copy("damaged");
    const chance = new Chance(6);
    const files = chunkFiles(damaged).filter((_, number) => number % 3 === 0);
    for (const name of files) hurt(`${damaged}/.chunks/${name}`, chance);
    const index = `${formatSnapshotPath(world.snapshots[0]!.snapshot)}/tree.pxar.didx`;
    hurt(`${damaged}/${index}`, chance, 4096);
    await using repository = open(damaged);
    const end = await repairStored(repository, { others: [other] });
    assertEquals(end.report.chunksLost, 0, end.lines.join("\n"));
    assertEquals(end.report.snapshots.damaged, 0, end.lines.join("\n"));
    assert((await repository.verify({ namespace: "", ignoreVerified: false }, () => {})).ok);
  });
});

/** Gives the snapshots of the group "other" manifests of that name. */
async function relabel(folder: string): Promise<void> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (!isDirectory) continue;
    const path = `${folder}/${name}/index.json.blob`;
    const manifest = await decodeManifestBlob(Deno.readFileSync(path));
    const snapshot = { ...manifest.snapshot, id: "other" };
    Deno.writeFileSync(path, await encodeManifestBlob({ ...manifest, snapshot }));
  }
}

Deno.test("what no call of a server can put in place is told, with where it is", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  await withRemoteRepository(async (repository, server) => {
    await fill(server, `${world.folder}/first`);
    const [early, late] = world.snapshots.map(({ snapshot }) => formatSnapshotPath(snapshot));
    Deno.truncateSync(`${server.datastorePath}/${early}/tree.pxar.didx`, 5000);
    Deno.truncateSync(`${server.datastorePath}/${late}/index.json.blob`, 20);
    await using other = open(`${world.folder}/first`);
    const { outcomes } = await repairStored(repository, { others: [other] });
    for (const [path, name] of [[early, "tree.pxar.didx"], [late, "index.json.blob"]]) {
      const { lost, state } = outcomes.get(path!)!;
      assertEquals([state, lost.map(({ filename }) => filename)], ["damaged", [name]]);
      assertStringIncludes(lost[0]!.reason, "no call of a server puts it in place");
    }
  });
});

Deno.test("a server that keeps the bad chunk, and does not verify, is not believed", async () => {
  await using world = await RepairWorld.make(["legacy"]);
  await withRemoteRepository(async (repository, server) => {
    await fill(server, `${world.folder}/first`);
    const [name] = chunkFiles(server.datastorePath);
    const path = `${server.datastorePath}/.chunks/${name}`;
    const bytes = Deno.readFileSync(path);
    bytes[bytes.length - 1]! ^= 1;
    Deno.writeFileSync(path, bytes);
    await using other = open(`${world.folder}/first`);
    const end = await repairStored(keepsAll(repository), { others: [other] });
    assertEquals(end.report.chunksRepaired, 0);
    assertEquals(Deno.readFileSync(path), bytes);
    const text = end.lines.join("\n");
    assertStringIncludes(text, "the bad one is still in its place");
    assertStringIncludes(text, "does not verify");
  });
});

/** A server as the official one is to somebody who may not verify: a chunk of the right length stays. */
function keepsAll(repository: Repository): Repository {
  return new Proxy(repository, {
    get(target, key) {
      if (key === "verify") return () => Promise.reject(new AuthError("permission check failed"));
      if (key === "beginBackup") {
        return async (begin: Parameters<Repository["beginBackup"]>[0]) => {
          const backup = await target.beginBackup(begin);
          return {
            createIndex: () => Promise.resolve({ putChunk: () => Promise.resolve({}) }),
            abort: () => backup.abort(),
          };
        };
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("of a server only snapshots whose verification has failed are read, if so asked", async () => {
  await using world = await RepairWorld.make(["legacy", "split"]);
  await withRemoteRepository(async (repository, server) => {
    await fill(server, `${world.folder}/first`);
    const damaged = await world.copy("damaged");
    const folder = formatSnapshotPath(world.snapshots[3]!.snapshot);
    const index = Deno.readFileSync(`${server.datastorePath}/${folder}/tree.ppxar.didx`);
    const name = chunkFiles(damaged).find((each) => encodeHex(index).includes(each.slice(5)))!;
    Deno.removeSync(`${server.datastorePath}/.chunks/${name}`);
    await using other = open(damaged);
    const unaware = await repairStored(repository, { others: [other], onlyRecorded: true });
    assertEquals(unaware.report.chunksRepaired, 0, "nobody has looked yet");
    await repository.verify({ namespace: "" }, () => {});
    const end = await repairStored(repository, { others: [other], onlyRecorded: true });
    assertEquals(end.report.chunksRepaired, 1);
    for (const { verification } of await repository.listSnapshots("")) {
      assertEquals(verification?.state, "ok");
    }
  });
});
