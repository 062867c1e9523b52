import type { CommandDefinition } from "../command_definition.ts";

/** `guest serve`: ours, the daemon of the file restore's virtual machine (spec: protocol.md §8). */
export const command: CommandDefinition = {
  description: "Serve the files in disks of this virtual machine to its host, read-only. For the " +
    "inside of a machine that is made for it: see the guide.",
  positionals: [],
  options: [
    {
      name: "disk",
      type: { kind: "string" },
      repeatable: true,
      description: "A block device as NAME=/dev/DEVICE, e.g. drive-scsi0=/dev/vdb. If there are " +
        "any, no others are served; if absent, virtio disks by their serial numbers.",
    },
    {
      name: "listen",
      type: { kind: "string" },
      default: "vsock:807",
      description: "Where to listen: vsock:PORT, or unix:PATH for a socket.",
    },
    {
      name: "mount-folder",
      type: { kind: "string" },
      default: "/run/pbs-client-guest",
      completion: "file-name",
      description: "Folder that file systems are mounted in, which is made if it is not there.",
    },
    {
      name: "power-off",
      type: { kind: "boolean" },
      default: false,
      description: "Power the machine off at the end. Only for a virtual machine of its own.",
    },
    {
      name: "ticket-file",
      type: { kind: "string" },
      default: "/ticket",
      completion: "file-name",
      description: "File with the ticket that requests have to show.",
    },
    {
      name: "timeout",
      type: { kind: "integer", minimum: 1, maximum: 86400 },
      default: 600,
      description: "Seconds without a request after which the guest ends.",
    },
  ],
  output: "none",
  run: async (values, context) => {
    // With it comes the service, which help can do without.
    const { runGuest } = await import("../guest/run_guest.ts");
    await runGuest(values, context);
  },
};
