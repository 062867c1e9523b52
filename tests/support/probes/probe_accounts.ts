import { TOTP } from "otpauth";
import type { TestAccounts } from "../test_server.ts";

/** Name of the datastore the probes ask for. */
export const STORE = "audit-proto";
/** Everybody's password. */
export const PASSWORD = "probe-password";
/** Every token's secret. */
export const SECRET = "6f1c0d3a-probe-secret";
/** Who has a second factor. */
export const TOTP_USER = "pa-tfa@pbs";
/** The secret of that, Base32. */
export const TOTP_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
/** The one who asks unless a probe says otherwise. */
export const DEFAULT_ASKER = "test@pbs!tok1";

const ROLES: Readonly<Record<string, string>> = {
  "pa-audit@pbs": "DatastoreAudit",
  "pa-backup@pbs": "DatastoreBackup",
  "pa-power@pbs": "DatastorePowerUser",
  "pa-reader@pbs": "DatastoreReader",
  "pa-admin@pbs": "DatastoreAdmin",
  "pa-backup@pbs!t1": "DatastoreBackup",
  "pa-backup@pbs!t2": "DatastoreBackup",
  "pa-audit@pbs!t1": "DatastoreAdmin",
};
const OTHERS = ["pa-none@pbs", "pa-ns@pbs", "pa-off@pbs", "pa-exp@pbs", "pa-tfa@pbs"];
const ADMINISTRATORS = ["test@pbs", DEFAULT_ASKER];

/** The code of the second factor, as it is now. */
export function totpCode(): string {
  return new TOTP({ secret: TOTP_SECRET }).generate();
}

/** The users, tokens and rules of the recorded server (tests/vectors/real/README.md). */
export function probeAccounts(): TestAccounts {
  const authIds = [...ADMINISTRATORS, ...Object.keys(ROLES), ...OTHERS];
  return {
    accounts: authIds.map((authId) => ({
      authId,
      enabled: authId !== "pa-off@pbs",
      expire: authId === "pa-exp@pbs" ? 1 : 0,
    })),
    rules: [
      ...ADMINISTRATORS.map((authId) => ({
        path: "/",
        authId,
        roles: ["Admin"],
        propagate: true,
      })),
      ...Object.entries(ROLES).map(([authId, role]) => ({
        path: `/datastore/${STORE}`,
        authId,
        roles: [role],
        propagate: true,
      })),
      {
        path: `/datastore/${STORE}/n1`,
        authId: "pa-ns@pbs",
        roles: ["DatastoreBackup"],
        propagate: true,
      },
    ],
    secrets: Object.fromEntries(
      authIds.map((authId) => [authId, authId.includes("!") ? SECRET : PASSWORD]),
    ),
  };
}
