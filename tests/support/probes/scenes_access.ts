import { TOTP_SECRET, TOTP_USER } from "./probe_accounts.ts";
import type { Scene, Stage } from "./probe_walker.ts";

const T = 1700000000;

/** Ends the connection that an upgrade probe left open. */
export async function closeKept(stage: Stage): Promise<void> {
  await stage.world.close(stage.kept);
  stage.kept = undefined;
}

/** Upgrade probes whose connection stays open for the probes behind them. */
export const KEPT_UPGRADES: ReadonlySet<string> = new Set([
  "upgrade/backup/first",
  "upgrade/backup/older-after-failed-verify",
  "unfinished/reader",
  "unfinished/backup-between",
]);

/** States of the probes of logins, parameters and upgrades. */
export const ACCESS_SCENES: Readonly<Record<string, Scene>> = {
  "ticket/ok-json": async ({ world }) => {
    for (const json of [{ name: "n1" }, { name: "m1", parent: "n1" }, { name: "n2" }]) {
      await world.call("POST", "admin/datastore/audit-proto/namespace", { json });
    }
    await world.snapshot("host/smoke", T);
  },
  "tfa/first-step": async ({ world }) => {
    await world.server.access.factors.addTotp(TOTP_USER, TOTP_SECRET, "");
  },
  // The reference had left the group behind when it refused a time beyond the year 9999.
  "upgrade/backup/backup-role": ({ world }) => world.snapshot("host/upg", 5),
  "upgrade/backup/wrong-owner": async ({ world }) => {
    await world.snapshot("host/own", T, { as: "pa-backup@pbs" });
    await world.snapshot("host/owntok", T, { as: "pa-backup@pbs!t1" });
  },
  "upgrade/backup/after-abort": closeKept,
  "group/delete-empty": async ({ world }) => {
    await world.call(
      "DELETE",
      "admin/datastore/audit-proto/groups?backup-type=host&backup-id=upg",
    );
  },
};
