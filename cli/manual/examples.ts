/** A command line that shows what a command is for. */
export interface Example {
  readonly text: string;
  /** Without the program's name, as a shell takes it. */
  readonly line: string;
}

/** Examples by command; those of `""` introduce the whole program. */
export const EXAMPLES: ReadonlyMap<string, readonly Example[]> = new Map([
  ["", [
    {
      text: "Back up a directory into a datastore directory, which is created if it is not there:",
      line: "backup etc.pxar:/etc --repository /srv/backup --init",
    },
    {
      text: "List the snapshots of this datastore:",
      line: "snapshot list --repository /srv/backup",
    },
    {
      text: "Restore the newest snapshot of a host:",
      line: "restore host/web1 etc.pxar ./old --repository /srv/backup",
    },
    {
      text: "The same on a server, with an API token whose secret is in PBS_PASSWORD:",
      line: "backup etc.pxar:/etc --repository joe@pbs!web1@pbs1:store1",
    },
  ]],
  ["backup", [
    {
      text: "Back up a file system and a configuration file into one snapshot:",
      line: "backup root.pxar:/ router.conf:/etc/router.conf",
    },
    {
      text: "Back up a disk as an image, encrypted with a key of its own:",
      line: "backup disk.img:/dev/vg0/data --keyfile /root/key.json",
    },
    {
      text: "Leave out, at any depth, files with a certain ending and directories named tmp:",
      line: "backup home.pxar:/home --exclude '*.bak' --exclude tmp/",
    },
  ]],
  ["restore", [
    {
      text: "Restore one directory of an archive:",
      line: "restore host/web1 root.pxar /tmp/old --pattern /etc/nginx",
    },
    {
      text: "Write an image to the standard output:",
      line: "restore vm/100/2026-03-05T01:00:00Z disk.img -",
    },
  ]],
  ["catalog dump", [
    {
      text: "List the entries of a snapshot for another program:",
      line: "catalog dump host/web1/latest --output-format json",
    },
  ]],
  ["catalog shell", [
    {
      text: "Walk about in the newest snapshot of a host:",
      line: "catalog shell host/web1 root.pxar",
    },
  ]],
  ["prune", [
    {
      text: "Show what a plan would remove:",
      line: "prune host/web1 --keep-daily 7 --keep-weekly 4 --dry-run",
    },
  ]],
  ["repair", [
    {
      text: "Take what is damaged from a copy on another disk:",
      line: "repair --from /mnt/usb/copy",
    },
    {
      text: "Take what the last verification has found damaged from the source:",
      line: "repair host/web1 --recorded --source root.pxar:/",
    },
  ]],
  ["maintain", [
    {
      text: "Prune, collect garbage and verify every night, for two hours at most:",
      line: "maintain --keep-daily 7 --keep-weekly 4 --for 2h",
    },
    {
      text: "Read a twentieth of all chunks, another one in each run:",
      line: "maintain --sample 5% --skip garbage-collection",
    },
  ]],
  ["snapshot list", [
    {
      text: "The sizes of all snapshots of a group, for another program:",
      line: "snapshot list host/web1 --output-format json",
    },
  ]],
  ["cat", [
    { text: "A file of the newest snapshot:", line: "cat host/web1 root.pxar /etc/fstab" },
    {
      text: "A directory as a zip file:",
      line: "cat host/web1 root.pxar /srv/www --format zip > www.zip",
    },
  ]],
  ["find", [
    { text: "The versions of a file in all snapshots:", line: "find /etc/fstab" },
    {
      text: "What was changed in the last week, in the snapshots of one group:",
      line: "find '*' --newer 7d --group host/web1",
    },
  ]],
  ["ls", [
    { text: "The entries of a directory:", line: "ls host/web1 root.pxar /etc" },
  ]],
  ["snapshot diff", [
    {
      text: "What has changed since:",
      line: "snapshot diff host/web1/2026-03-05T01:00:00Z host/web1",
    },
  ]],
  ["snapshot size", [
    {
      text: "What would become free without a snapshot:",
      line: "snapshot size host/web1/2026-03-05T01:00:00Z --largest 0",
    },
  ]],
  ["key create", [
    {
      text: "Create a key that a service can use without a passphrase:",
      line: "key create /etc/backup-key.json --kdf none",
    },
  ]],
  ["serve", [
    {
      text: "Offer a datastore to this machine:",
      line: "serve --datastore store1=/srv/backup",
    },
  ]],
  ["completion", [
    {
      text: "Install the completion for bash:",
      line: "completion bash > /etc/bash_completion.d/pbs-client",
    },
  ]],
  ["man", [
    { text: "Install these pages:", line: "man /usr/local/share/man/man1" },
  ]],
]);
