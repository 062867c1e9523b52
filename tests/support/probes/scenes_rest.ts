import { encodeHex } from "../../../lib/bytes/mod.ts";
import { sha256 } from "../../../lib/crypto/mod.ts";
import { CancelledError } from "../../../lib/errors/mod.ts";
import { realDatastore } from "../real_datastore.ts";
import { runClientOk } from "../run_client.ts";
import { manifestBlob } from "./probe_world.ts";
import type { ProbeWorld, Upgraded } from "./probe_world.ts";
import type { Scene, Stage } from "./probe_walker.ts";
import { openBackup } from "./scenes_protocol.ts";

const T = 1700000000;
const D = "admin/datastore/audit-proto";
/** Connections that a scene opens for a later one to close. */
const open = new Map<string, Upgraded>();

async function begin(
  { world }: Stage,
  group: string,
  options?: { as?: string; ns?: string; extra?: string },
): Promise<void> {
  open.set(group, await world.upgrade("backup", group, T + 5000, options));
}

async function end({ world }: Stage, group: string): Promise<void> {
  await world.close(open.get(group));
  open.delete(group);
}

function snapshots(groups: Readonly<Record<string, string>>): Scene {
  return async ({ world }) => {
    for (const [group, as] of Object.entries(groups)) await world.snapshot(group, T, { as });
  };
}

async function protect({ world }: Stage, query: string, on: boolean): Promise<void> {
  await world.call("PUT", `${D}/protected?${query}&protected=${on}`);
}

/** Snapshots of a real tree, made by our client in the datastore's directory. */
async function realSnapshots({ world }: Stage): Promise<void> {
  const source = `${world.server.dir.path}/source`;
  await Deno.mkdir(`${source}/dir`, { recursive: true });
  await Deno.writeTextFile(`${source}/dir/file.txt`, "hello\n");
  await Deno.writeTextFile(`${source}/dir/a b`, "x");
  await Deno.writeTextFile(`${source}.conf`, "hello\n");
  await Deno.link(`${source}/dir/file.txt`, `${source}/dir/hard`);
  await Deno.symlink("file.txt", `${source}/dir/link`);
  await new Deno.Command("mkfifo", { args: [`${source}/dir/fifo`] }).output();
  const run = (time: number, id: string, ...args: string[]) =>
    runClientOk([
      "backup",
      `tree.pxar:${source}`,
      "--backup-type=host",
      `--backup-id=${id}`,
      `--backup-time=${time}`,
      ...args,
    ], { env: { PBS_REPOSITORY: world.path } });
  await run(T, "real", `conf.conf:${source}.conf`);
  await run(T + 1000, "real", "--change-detection-mode=data");
  await copyEncrypted(world, "host/realenc");
  await setOwner(world, "host/real", "test@pbs");
  await setOwner(world, "host/realenc", "test@pbs");
}

/** A snapshot that the official client has encrypted, under the names that probes ask for. */
async function copyEncrypted({ path }: ProbeWorld, group: string): Promise<void> {
  const folder = `${path}/${group}/2023-11-14T22:13:20Z`;
  await Deno.mkdir(folder, { recursive: true });
  const source = `${await realDatastore()}/ns/a/ns/b/host/enc/2023-11-14T22:13:20Z`;
  for await (const { name } of Deno.readDir(source)) {
    await Deno.copyFile(`${source}/${name}`, `${folder}/${name.replace("app.conf", "conf.conf")}`);
  }
}

async function setOwner({ path }: ProbeWorld, group: string, owner: string): Promise<void> {
  await Deno.writeTextFile(`${path}/${group}/owner`, `${owner}\n`);
}

/** Starts a task that runs until it is stopped, in the place of one that takes long. */
function longTask({ world }: Stage, workerType: string, workerId: string): void {
  world.server.server.state.tasks.start(
    { workerType, workerId, authId: "test@pbs" },
    ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new CancelledError("stopped")))
      ),
  );
}

/** Waits for the end of all tasks that were started by calls. */
const settled: Scene = ({ world }) => world.settled();

/** Damages the only chunk of a group's `a.pxar.didx`. */
async function damageChunk({ world, digests }: Stage, group: string): Promise<void> {
  const plain = new TextEncoder().encode(`${group} ${T}`.slice(-11).padStart(11, "-"));
  const digest = encodeHex(sha256(plain));
  digests.set("c95182c98230f99cb31a4ce1df36dad37e3c4bc278e3319634706704fa3c2709", digest);
  const path = `${world.path}/.chunks/${digest.slice(0, 4)}/${digest}`;
  const bytes = await Deno.readFile(path);
  bytes.fill(0xff, bytes.length - 3);
  await Deno.writeFile(path, bytes);
}

/** States of the probes of the REST API. */
export const REST_SCENES: Readonly<Record<string, Scene>> = {
  "rest/ping": async ({ world }) => {
    await world.snapshot("host/gr", T);
    await world.snapshot("host/gr", T + 100);
    await world.snapshot("host/gr", T + 200, { ns: "n1" });
  },
  "rest/delete-group": async ({ world }) => {
    await world.snapshot("host/gr", T);
    await world.snapshot("host/gr", T + 100);
  },
  "rest/leftover-group": async ({ world }) => {
    await Deno.mkdir(`${world.path}/host/leftover`);
    await setOwner(world, "host/leftover", "test@pbs!tok1");
  },
  "rest/log-bad-crc": snapshots({ "host/lg": "test@pbs!tok1", "host/lgo": "pa-backup@pbs" }),
  "rest/change-owner-admin": snapshots({
    "host/co": "test@pbs!tok1",
    "host/cou": "pa-backup@pbs",
    "host/cot": "pa-backup@pbs!t1",
  }),
  "rest/ns-delete-with-groups": ({ world }) => world.snapshot("host/g", T, { ns: "x1/y" }),
  "rest/ns-delete-groups-protected": (stage) =>
    protect(stage, `backup-type=host&backup-id=g&backup-time=${T}&ns=x1/y`, true),
  "rest/ns-delete-groups": (stage) =>
    protect(stage, `backup-type=host&backup-id=g&backup-time=${T}&ns=x1/y`, false),
  "rest/ns-delete-empty": async ({ world }) => {
    for (const name of ["x3", "llllllllllllllllllllllllllllllll"]) {
      await world.call("DELETE", `${D}/namespace?ns=${name}`);
    }
  },
  "rest/ns-delete-groups-while-backup": (stage) => begin(stage, "host/busy2", { ns: "n1" }),
  "rest/ns-list-after": (stage) => end(stage, "host/busy2"),
  "rest/move-group-same": async ({ world }) => {
    await world.snapshot("host/mv", T);
    await world.snapshot("host/mv2", T + 1000);
    await world.snapshot("host/mv2", T, { ns: "n2" });
  },
  "rest/move-group-no-merge": settled,
  "rest/move-ns-root": settled,
  "rest/move-ns-ok": ({ world }) =>
    world.call("POST", `${D}/namespace`, { json: { name: "m1", parent: "n1" } }).then(() => {}),
  "rest/ns-list-after-move": settled,
  "rest/snapshots-encrypted": realSnapshots,
  "rest/prune-no-options": async (stage) => {
    for (let day = 0; day < 4; day++) await stage.world.snapshot("host/pr", T + 86400 * day);
    await protect(stage, `backup-type=host&backup-id=pr&backup-time=${T + 86400}`, true);
  },
  "rest/prune-task-log": settled,
  "rest/prune-datastore-log": settled,
  "rest/gc-start": settled,
  "rest/gc-log": settled,
  "rest/gc-while-backup": async (stage) => {
    await settled(stage);
    await begin(stage, "host/long");
  },
  "rest/gc-while-backup-log": async (stage) => {
    await settled(stage);
    await end(stage, "host/long");
  },
  "rest/verify-snapshot-log": settled,
  "rest/snapshots-verified": settled,
  "rest/verify-corrupt": async (stage) => {
    await settled(stage);
    await stage.world.snapshot("host/vf", T);
    await damageChunk(stage, "host/vf");
  },
  "rest/verify-corrupt-log": settled,
  "backup/previous-time-after-failed-verify": async (stage) => {
    await stage.world.close(stage.backup);
    stage.backup = stage.kept;
    stage.kept = undefined;
  },
  "upgrade/backup/same-time-after-failed-verify": async (stage) => {
    await stage.world.close(stage.backup);
    stage.backup = undefined;
  },
  "reader/chunk-file-missing": async (stage) => {
    await stage.world.close(stage.reader);
    stage.reader = await stage.world.upgrade("reader", "host/vf", T);
    await stage.reader.ok("GET", "/download?file-name=a.pxar.didx");
  },
  "upgrade/backup/previous-manifest-unreadable": async ({ world }) => {
    await world.snapshot("host/cm", T);
    await Deno.writeTextFile(
      `${world.path}/host/cm/2023-11-14T22:13:20Z/index.json.blob`,
      "rubbish rubbish",
    );
  },
  "rest/groups-owner-missing": ({ world }) =>
    Deno.rename(`${world.path}/host/cm/owner`, `${world.path}/host/cm/was-owner`),
  "upgrade/backup/owner-file-missing": () => Promise.resolve(),
  "rest/tasks-running": async (stage) => {
    await Deno.rename(`${stage.world.path}/host/cm/was-owner`, `${stage.world.path}/host/cm/owner`);
    await stage.world.close(stage.reader);
    stage.reader = await stage.world.upgrade("reader", "host/real", T);
    await begin(stage, "host/idns");
  },
  "rest/tasks-default": (stage) => end(stage, "host/idns"),
  "rest/task-stop-by-token-of-user": (stage) =>
    begin(stage, "host/stopme", { as: "pa-backup@pbs" }),
  "rest/task-status-stopped": (stage) => end(stage, "host/stopme"),
  "rest/task-stop-token-task-by-user": (stage) =>
    begin(stage, "host/stoptok", { as: "pa-backup@pbs!t1" }),
  "extjs/ok": (stage) => end(stage, "host/stoptok"),
  "finish/previous-didx-after-success": async (stage) => {
    await stage.world.close(stage.reader);
    stage.reader = undefined;
    await stage.world.snapshot("host/pas", T);
    const backup = await openBackup(stage, "host/pas", T + 1000);
    await backup.blob("index.json.blob", await manifestBlob("host/pas", T + 1000, []));
    await backup.ok("POST", "/finish");
  },
  "finish/previous-vanished": async (stage) => {
    await stage.world.snapshot("host/pf", T + 1000);
    const backup = await openBackup(stage, "host/pf", T + 2000);
    await backup.blob("index.json.blob", await manifestBlob("host/pf", T + 2000, []));
    await Deno.remove(`${stage.world.path}/host/pf/2023-11-14T22:30:00Z`, { recursive: true });
  },
  "benchmark/speedtest": async (stage) =>
    void await openBackup(stage, "host/benchmark", T, { extra: "&benchmark=true" }),
  "rest/snapshots-verify-new": async (stage) => {
    await stage.world.close(stage.backup);
    stage.backup = undefined;
    stage.world.reconfigure({ verifyNew: true });
    await stage.world.snapshot("host/vn", T);
    await stage.world.settled();
  },
  "maintenance/read-only-list": ({ world }) =>
    Promise.resolve(world.reconfigure({ maintenance: { type: "read-only", message: "closed" } })),
  "maintenance/offline-list": ({ world }) =>
    Promise.resolve(world.reconfigure({ maintenance: { type: "offline", message: "" } })),
  "rest/power-prune-own": async ({ world }) => {
    world.reconfigure({});
    await world.snapshot("host/pw", T, { as: "pa-power@pbs" });
    await world.snapshot("host/pw", T + 1000, { as: "pa-power@pbs" });
  },
  "rest/move-ns-target-missing": async ({ world }) => {
    for (const json of [{ name: "ma" }, { name: "mb", parent: "ma" }]) {
      await world.call("POST", `${D}/namespace`, { json });
    }
    await world.snapshot("host/mvn", T, { ns: "ma/mb" });
  },
  "rest/move-ns-audit": settled,
  "rest/ns-list-after-nested-move": settled,
  "unfinished/reader": async ({ world }) => {
    await world.snapshot("host/st", T);
    const folder = `${world.path}/host/st/2023-11-14T22:46:40Z`;
    await Deno.mkdir(folder);
    const { encodeBlob } = await import("../../../lib/blob/mod.ts");
    const blob = await encodeBlob(new Uint8Array(1), { compress: false });
    await Deno.writeFile(`${folder}/x.conf.blob`, blob);
  },
  "unfinished/reader-download-manifest": (stage) => {
    stage.reader = stage.kept;
    stage.kept = undefined;
    return Promise.resolve();
  },
  "unfinished/snapshots": async (stage) => {
    await stage.world.close(stage.reader);
    stage.reader = undefined;
  },
  "unfinished/previous-time": (stage) => {
    stage.backup = stage.kept;
    stage.kept = undefined;
    return Promise.resolve();
  },
  "unfinished/backup-same-time": async (stage) => {
    await stage.world.close(stage.backup);
    stage.backup = undefined;
  },
  "rest/move-group-merge-newer": async ({ world }) => {
    await world.snapshot("host/mm", T, { ns: "n2" });
    await world.snapshot("host/mm", T + 1000);
  },
  "rest/move-group-exists-no-merge": async ({ world }) => {
    await world.settled();
    await world.snapshot("host/mm", T + 2000);
  },
  "rest/move-group-busy": (stage) => begin(stage, "host/mm"),
  "params/dc-in-form": (stage) => end(stage, "host/mm"),
  "rest/log-encrypted-own": snapshots({ "host/le": "test@pbs!tok1" }),
  "rest/move-ns-keep-source": async ({ world }) => {
    await world.call("POST", `${D}/namespace`, { json: { name: "s1" } });
    await world.snapshot("host/sg", T, { ns: "s1" });
  },
  "rest/gc-already-running": (stage) =>
    Promise.resolve(longTask(stage, "garbage_collection", "audit-proto")),
};
