import type { Parameter } from "../command.ts";

/** The options that name a guest. */
export const GUEST_OPTIONS: readonly Parameter[] = [
  {
    name: "cid",
    type: { kind: "integer", minimum: 1, maximum: 0xffff_fffe },
    description: "Context id of the virtual machine, for vsock.",
  },
  {
    name: "port",
    type: { kind: "integer", minimum: 1, maximum: 0xffff_fffe },
    default: 807,
    description: "Port of vsock that the guest listens on.",
  },
  {
    name: "socket",
    type: { kind: "string" },
    completion: "file-name",
    description: "Path of a Unix socket that the guest listens on, in place of vsock.",
  },
  {
    name: "ticket-file",
    type: { kind: "string" },
    completion: "file-name",
    description:
      "File with the ticket of the guest. If absent, it is looked up by --cid among the " +
      "virtual machines that proxmox-file-restore has started.",
  },
];

/** A path in the images of a guest. */
export const GUEST_PATH_POSITIONAL: Parameter = {
  name: "path",
  type: { kind: "string", acceptsBytes: true },
  required: true,
  description: "Path in the images of the guest, such as /drive-scsi0.img.fidx/part/1/etc; / for " +
    "the images themselves.",
};

/** The option for paths that are no text. */
export const BASE64_OPTION: Parameter = {
  name: "base64",
  type: { kind: "boolean" },
  default: false,
  description: "The path is in Base64, as lists in JSON have it.",
};
