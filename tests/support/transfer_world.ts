import type { BackupCrypt } from "../../lib/backup/mod.ts";
import { createCryptConfig } from "../../lib/crypto/mod.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";
import { runSync } from "../../lib/sync/mod.ts";
import { type CopyProgress, planCopy, progressOf, runCopy } from "../../lib/transfer/mod.ts";
import { backUp } from "./back_up.ts";
import { Chance } from "./chance.ts";
import { remoteOptions } from "./remote_repository.ts";
import { TempDir } from "./temp_dir.ts";
import { TestServer } from "./test_server.ts";

/** Protection of the snapshots of a {@linkcode TransferWorld}. */
export const PROTECTIONS = ["plain", "encrypted", "signed"] as const;
export type Protection = typeof PROTECTIONS[number];

/** Kinds of repositories, as source and as target. */
export const KINDS = ["directory", "server"] as const;
export type Kind = typeof KINDS[number];

/** Commands that bring snapshots into another repository. */
export type Engine = "copy" | "sync";

const FILES = 90;
const FILE_BYTES = 50_000;

/** A source with two snapshots, and a target, each as directory and on a server of its own. */
export class TransferWorld implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly sourceServer: TestServer,
    readonly targetServer: TestServer,
  ) {}

  static async make(protection: Protection): Promise<TransferWorld> {
    const dir = await TempDir.make("/dev/shm");
    const world = new TransferWorld(dir, await TestServer.start(), await TestServer.start());
    create(world.store("source", "directory"));
    await fill(world.store("source", "directory"), protection, `${dir.path}/data`);
    for (const name of ["host", ".chunks"]) {
      await copyFolder(
        `${world.store("source", "directory")}/${name}`,
        `${world.store("source", "server")}/${name}`,
      );
    }
    return world;
  }

  /** Path of a datastore. */
  store(side: "source" | "target", kind: Kind): string {
    if (kind === "directory") return `${this.dir.path}/${side}`;
    return (side === "source" ? this.sourceServer : this.targetServer).datastorePath;
  }

  /** Opens one of the repositories. */
  async open(side: "source" | "target", kind: Kind): Promise<Repository> {
    if (kind === "directory") return openStore(this.store(side, kind));
    const server = side === "source" ? this.sourceServer : this.targetServer;
    return await openRemoteRepository(remoteOptions(server));
  }

  /** Makes a target empty. */
  async empty(kind: Kind): Promise<void> {
    const store = this.store("target", kind);
    if (kind === "directory") {
      await Deno.remove(store, { recursive: true }).catch(() => {});
      return create(store);
    }
    await Deno.remove(`${store}/host`, { recursive: true }).catch(() => {});
    for (const path of chunkPaths(store)) Deno.removeSync(path);
  }

  /** Words and variables that name both repositories to the program. */
  arguments(source: Kind, target: Kind): { words: string[]; env: Record<string, string> } {
    const address = (side: "source" | "target", kind: Kind, { port }: TestServer) =>
      kind === "directory" ? this.store(side, kind) : `admin@pbs@127.0.0.1:${port}:store1`;
    return {
      words: [
        "copy",
        "--repository",
        address("source", source, this.sourceServer),
        "--to",
        address("target", target, this.targetServer),
        "--retry=0",
      ],
      env: {
        PBS_PASSWORD: "a password",
        PBS_FINGERPRINT: this.sourceServer.certificate.fingerprint,
        PBS_TO_PASSWORD: "a password",
        PBS_TO_FINGERPRINT: this.targetServer.certificate.fingerprint,
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sourceServer[Symbol.asyncDispose]();
    await this.targetServer[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Opens a datastore that is written without waiting for the disk. */
export function openStore(path: string): LocalRepository {
  return new LocalRepository(Datastore.open(path, { syncLevel: "none", gcAccessTimeCheck: false }));
}

function create(path: string): void {
  Datastore.create(path, { chunkFoldersOnDemand: true, syncLevel: "none" })[Symbol.dispose]();
}

/** Two snapshots of about a hundred chunks each; most of the second one are those of the first. */
async function fill(store: string, protection: Protection, data: string): Promise<void> {
  const chance = new Chance(40);
  await Deno.mkdir(`${data}/tree`, { recursive: true });
  for (let i = 0; i < FILES; i++) {
    await Deno.writeFile(`${data}/tree/${100 + i}`, chance.bytes(FILE_BYTES));
  }
  await Deno.writeFile(`${data}/conf`, chance.bytes(500));
  const config = await createCryptConfig(new Uint8Array(32).fill(11));
  const crypt: BackupCrypt = { config, mode: protection === "signed" ? "sign-only" : "encrypt" };
  await using repository = openStore(store);
  for (const time of [1_700_000_000, 1_700_100_000]) {
    const specs = [`tree.pxar:${data}/tree`, `app.conf:${data}/conf`];
    await backUp(repository, { type: "host", id: protection, time }, specs, {
      ...(protection === "plain" ? {} : { crypt }),
    });
    for (const number of [130, 170]) {
      await Deno.writeFile(`${data}/tree/${number}`, chance.bytes(FILE_BYTES));
    }
  }
  await Deno.remove(data, { recursive: true });
}

async function copyFolder(from: string, to: string): Promise<void> {
  const words = ["-a", "--no-target-directory", from, to];
  const { success, stderr } = await new Deno.Command("cp", { args: words }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Chunk files of a datastore. */
export function chunkPaths(store: string): string[] {
  const found: string[] = [];
  for (const folder of Deno.readDirSync(`${store}/.chunks`)) {
    if (!folder.isDirectory) continue;
    for (const { name } of Deno.readDirSync(`${store}/.chunks/${folder.name}`)) {
      if (/^[0-9a-f]{64}$/.test(name)) found.push(`${store}/.chunks/${folder.name}/${name}`);
    }
  }
  return found;
}

/** Digests of the chunks of a datastore, in hex. */
export function chunkNames(store: string): string[] {
  return chunkPaths(store).map((path) => path.slice(path.lastIndexOf("/") + 1));
}

/** Chunks that a run moved. @param onStep Told of each step that it counts. */
export async function transfer(
  engine: Engine,
  source: Repository,
  target: Repository,
  signal: AbortSignal,
  onStep: () => void = () => {},
): Promise<CopyProgress> {
  const plan = await planCopy(source, target, {
    namespace: "",
    maxDepth: 7,
    targetNamespace: "",
  });
  const progress = new Proxy(progressOf(plan), {
    set: (counters, key, value) => {
      Reflect.set(counters, key, value);
      if (key === "bytesDone") onStep();
      return true;
    },
  });
  const failures: string[] = [];
  const log = () => {};
  if (engine === "copy") {
    const snapshotDone = ({ reason }: { reason?: string }) => {
      if (reason !== undefined) failures.push(reason);
    };
    await runCopy({ source, target, plan, signal }, { progress, log, snapshotDone });
  } else {
    await runSync({
      source,
      target,
      sourceNamespace: "",
      targetNamespace: "",
      filters: [],
      ownerFor: () => undefined,
      ownerOfNew: "admin@pbs",
      encryptedOnly: false,
      verifiedOnly: false,
      resyncCorrupt: false,
      removeVanished: false,
      workers: 1,
      dryRun: false,
      signal,
    }, {
      progress,
      log,
      begin: () => {},
      done: ({ action, reason }) => {
        if (action === "fail") failures.push(reason ?? "it failed");
      },
    });
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return { ...progress };
}
