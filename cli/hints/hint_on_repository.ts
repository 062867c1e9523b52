import { REPOSITORY_FORMS } from "../arguments/repository_forms.ts";
import { vsockCidOf } from "../../lib/repository/mod.ts";
import type { HintContext } from "./hint_context.ts";
import { looksLikeFolder } from "./looks_like_folder.ts";

/** Repositories that are not named, not there, not reachable or not free. */
export const hintOnRepository = {
  "no-repository": (): string =>
    "say where backups are kept with --repository or PBS_REPOSITORY: a folder such as " +
    "/srv/backups, or user@realm@server:datastore",

  "malformed-repository": (): string => REPOSITORY_FORMS,

  "no-datastore": (
    { path }: { readonly path: string },
    { command, program }: HintContext,
  ): string => {
    if (/^[^/]*[@:]/.test(path)) {
      return `because of the slash "${path}" means a folder; a datastore of a server is written ` +
        "user@realm@server:datastore";
    }
    return command?.name === "backup"
      ? `if this is to be a new datastore, add --init; if not, see whether "${path}" is right and ` +
        "its disk is mounted"
      : `see whether "${path}" is right and its disk is mounted; "${program} backup … --init" or ` +
        `"${program} datastore init" makes a new datastore`;
  },

  "datastore-in-the-way": (
    { path, isDatastore }: { readonly path: string; readonly isDatastore: boolean },
  ): string =>
    isDatastore
      ? `nothing is to be done, it can be used with --repository ${path}`
      : `choose an empty or a new folder, e.g. "${path}/backups"`,

  "server-unreachable": (
    { host, port }: { readonly host: string; readonly port: number },
    { address }: HintContext,
  ): string => {
    if (address?.kind === "server" && looksLikeFolder(address)) {
      return `"${address.datastore}" was taken for a datastore of the server on ${host}; ` +
        `for the folder of that name write ./${address.datastore}`;
    }
    if (vsockCidOf(host) !== undefined) {
      return `the server is started with "serve --listen vsock:${port}", on the machine with that ` +
        "context id: 2 is the host of this one, 1 this one itself";
    }
    return `see whether the server runs on port ${port} of ${host} and the name, the port, a ` +
      "firewall or a proxy (HTTPS_PROXY, NO_PROXY) is in the way";
  },

  "no-namespace": (
    { namespace }: { readonly namespace: string },
    { program }: HintContext,
  ): string =>
    `"${program} namespace list" shows what there is, "${program} namespace create ` +
    `${namespace}" makes it`,

  "group-of-another": (
    { group, owner }: { readonly group: string; readonly owner: string },
    { program }: HintContext,
  ): string =>
    `log in as ${owner}, take another --backup-id, or let an administrator call ` +
    `"${program} change-owner ${group} <new-owner>"`,

  "newer-snapshot": (
    { group, newest }: { readonly group: string; readonly newest: number },
    { program }: HintContext,
  ): string => {
    const time = `${new Date(newest * 1000).toISOString().slice(0, 19)}Z`;
    return `the newest snapshot is ${group}/${time}: if a clock was or is wrong, set it right and ` +
      `call "${program} snapshot forget ${group}/${time}"; if not, wait until then or take ` +
      "another --backup-id";
  },
};
