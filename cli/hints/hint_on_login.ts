import type { HintContext } from "./hint_context.ts";

/** Servers that are not trusted, users that are not let in or may not do it. */
export const hintOnLogin = {
  "untrusted-certificate": (
    { fingerprint }: { readonly fingerprint?: string },
    { program, address }: HintContext,
  ): string =>
    "compare the fingerprint with the one that the server's administrator sees; if it is the same, " +
    (address?.kind === "bucket"
      ? `set PBS_FINGERPRINT${fingerprint === undefined ? " to it" : `=${fingerprint}`}; or name ` +
        "the file of its authority with SSL_CERT_FILE"
      : fingerprint === undefined
      ? `set PBS_FINGERPRINT to it, or confirm it once with "${program} login" on a terminal`
      : `set PBS_FINGERPRINT=${fingerprint} or confirm it with "${program} login" on a terminal`),

  "login-refused": (
    { isToken }: { readonly isToken: boolean },
    { address, program }: HintContext,
  ): string => {
    if (isToken) {
      return "PBS_PASSWORD has to hold the secret of the API token, not the user's password; " +
        "the token may also have been disabled";
    }
    const isDefault = address?.kind === "server" && address.authId === undefined;
    return "see whether user, realm and password are right (PBS_PASSWORD counts before a " +
      (isDefault
        ? "question); without a user in the repository it is root@pam"
        : `question); "${program} logout" forgets a remembered ticket`);
  },

  "no-password": ({ isToken }: { readonly isToken: boolean }, { program }: HintContext): string =>
    isToken
      ? "set PBS_PASSWORD, PBS_PASSWORD_FILE or PBS_PASSWORD_CMD to the secret of the API token"
      : "set PBS_PASSWORD, PBS_PASSWORD_FILE or PBS_PASSWORD_CMD, or call " +
        `"${program} login" on a terminal before`,

  "no-permission": (
    { path }: { readonly path?: string },
    { address }: HintContext,
  ): string => {
    if (path !== undefined) {
      return `run it as the owner of "${path}" or as root, or let them give this user permission`;
    }
    if (address?.kind === "bucket") {
      return "PBS_S3_ACCESS_KEY and PBS_S3_SECRET_KEY (or _FILE, _CMD) have to be keys of this store " +
        "that may list and read its bucket, and for backups write and remove there";
    }
    if (address?.kind !== "server") return "run it as another user, or as root";
    const who = address.authId ?? "root@pam";
    const token = who.includes("!") ? ", for tokens also its user," : "";
    return `let an administrator give ${who}${token} a role on /datastore/${address.datastore}, ` +
      "e.g. DatastoreBackup; a group that somebody else has made needs change-owner, or take " +
      "another --backup-id";
  },
};
