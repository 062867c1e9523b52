import { assertEquals, assertMatch } from "@std/assert";
import { Datastore } from "../../lib/datastore/mod.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A command line of a first day, and what its failure and its hint have to say. */
interface Mistake {
  readonly line: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly error: RegExp;
  readonly hint: RegExp;
}

/** `<S>` is a datastore, `<K>` a key with a passphrase, `<D>` a folder with everything in it. */
const MISTAKES: readonly Mistake[] = [
  // Words.
  { line: "", error: /no command specified/, hint: /help" lists/ },
  { line: "bakcup a.pxar:/etc", error: /no such command 'bakcup'/, hint: /"\S* backup"/ },
  { line: "resotre x", error: /no such command/, hint: /"\S* restore"/ },
  { line: "ls", error: /'snapshot': missing argument/, hint: /write ls <snapshot>/ },
  { line: "verify <S>", error: /no such command/, hint: /"\S* datastore verify"/ },
  { line: "create", error: /no such command/, hint: /"\S* key create"/ },
  { line: "snapshot lsit", error: /no such command 'lsit'/, hint: /"\S* snapshot list"/ },
  { line: "snapshot", error: /no command specified/, hint: /help snapshot"/ },
  { line: "--repository <S> list", error: /no such command/, hint: /help" lists/ },
  { line: "backup a.pxar:<D> --repositroy <S>", error: /'repositroy'/, hint: /mean --repository/ },
  { line: "backup a.pxar:<D> --excludes x", error: /'excludes'/, hint: /mean --exclude\?/ },
  { line: "backup", error: /missing argument/, hint: /write backup <backupspec>/ },
  {
    line: "restore host/a tree.pxar --repository <S>",
    error: /'target': missing argument/,
    hint: /write restore <snapshot> <archive-name> <target>/,
  },
  { line: "list extra --repository <S>", error: /additional arguments/, hint: /options only/ },
  {
    line: "backup a.pxar:<D> --change-detection-mode fast",
    error: /not defined in the enumeration/,
    hint: /legacy, data, metadata/,
  },
  // Specifications.
  { line: "backup <D>/tree --repository <S>", error: /'backupspec'/, hint: /tree\.pxar:<D>\/tree/ },
  { line: "backup <D>/a.conf", error: /'backupspec'/, hint: /a\.conf:<D>\/a\.conf/ },
  { line: "backup root:/etc", error: /'backupspec'/, hint: /etc\.pxar:\/etc/ },
  { line: "backup tree.zip:<D>/tree", error: /'backupspec'/, hint: /pxar \(a directory\)/ },
  // Repositories.
  {
    line: "backup a.pxar:<D>/tree",
    error: /\(default\) repository/,
    hint: /--repository or PBS_REP/,
  },
  {
    line: "list --repository http://pbs:8007",
    error: /'repository'/,
    hint: /server\[:port\]:\]datastore/,
  },
  {
    line: "list --repository root@pam@pbs/tank",
    error: /no folder/,
    hint: /because of the slash/,
  },
  { line: "list --repository a!b", error: /'repository'/, hint: /\/srv\/backups, \.\/backups/ },
  { line: "list", env: { PBS_REPOSITORY: "a!b" }, error: /unable to parse/, hint: /\.\/backups/ },
  {
    line: "backup a.pxar:<D>/tree --repository <D>/new",
    error: /no folder/,
    hint: /add --init/,
  },
  { line: "list --repository <D>/tree", error: /not a datastore/, hint: /datastore init/ },
  { line: "datastore init <S>", error: /datastore already/, hint: /--repository <S>/ },
  { line: "datastore init <D>", error: /not empty/, hint: /empty or a new folder/ },
  {
    line: "list --repository 127.0.0.1:1:tank",
    env: { PBS_PASSWORD: "x" },
    error: /cannot connect to 127\.0\.0\.1:1/,
    hint: /port 1 of 127\.0\.0\.1/,
  },
  {
    line: "list --repository 127.0.0.1:1:tank",
    error: /no password input/,
    hint: /PBS_PASSWORD_FILE.*login/,
  },
  // Snapshots and archives.
  {
    line: "restore host/a tree <D>/out --repository <S>",
    error: /archive type/,
    hint: /tree\.pxar/,
  },
  {
    line: "restore host/a treee.pxar <D>/out --repository <S>",
    error: /does not list/,
    hint: /mean tree\.pxar\?/,
  },
  {
    line: "restore host/a etc.pxar <D>/out --repository <S>",
    error: /does not list/,
    hint: /holds .*tree\.pxar/,
  },
  {
    line: "restore <D>/out tree.pxar host/a --repository <S>",
    error: /unable to parse/,
    hint: /the order is: restore <snapshot> <archive-name> <target>/,
  },
  {
    line: "restore host/b tree.pxar <D>/out --repository <S>",
    error: /does not contain any snapshots/,
    hint: /list" shows the groups/,
  },
  {
    line: "restore host/a/2020-01-01T00:00:00Z tree.pxar <D>/out --repository <S>",
    error: /does not exist/,
    hint: /snapshot list host\/a/,
  },
  { line: "snapshot files a --repository <S>", error: /unable to parse/, hint: /type\/id\/time/ },
  {
    line: "restore host/a tree.pxar <D>/tree --repository <S>",
    error: /File exists/,
    hint: /--allow-existing-dirs.*--overwrite/,
  },
  {
    line: "restore host/a a.conf <D>/a.conf --repository <S>",
    error: /File exists/,
    hint: /nothing is replaced/,
  },
  {
    line: "backup a.pxar:<D>/tree --repository <S> --ns prod",
    error: /namespace "prod" not found/,
    hint: /namespace create prod/,
  },
  {
    line: "backup a.conf:<D>/a.conf --backup-id a --backup-time 1000000000 --repository <S>",
    error: /older than last backup\.$/m,
    hint: /host\/a\/2\d{3}-.*snapshot forget/,
  },
  {
    line: "restore host/split tree.pxar - --repository <S>",
    error: /unable to pipe split archive/,
    hint: /--format tar/,
  },
  // Keys.
  {
    line: "key create <D>/locked.key",
    error: /unable to read passphrase - no tty/,
    hint: /PBS_NEW_ENCRYPTION_PASSWORD_FILE.*terminal/,
  },
  {
    line: "backup a.conf:<D>/a.conf --crypt-mode encrypt --repository <S>",
    error: /no default key file/,
    hint: /key create/,
  },
  {
    line: "backup a.conf:<D>/a.conf --keyfile <K> --repository <S>",
    env: { PBS_ENCRYPTION_PASSWORD: "not it" },
    error: /Unable to decrypt key/,
    hint: /reminder is: a-street/,
  },
  {
    line: "restore host/secret a.conf <D>/out --repository <S>",
    error: /missing key/,
    hint: /--keyfile FILE.*restore host\/secret rsa-encrypted\.key\.blob/,
  },
  {
    line: "restore host/secret a.conf <D>/out --keyfile <D>/other.key --repository <S>",
    error: /wrong key/,
    hint: /key show/,
  },
];

Deno.test(`${MISTAKES.length} mistakes of a first day get one error and one line of advice`, async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [folder, store, key] = [dir.path, `${dir.path}/store`, `${dir.path}/pass.key`];
  const home = { HOME: folder, XDG_RUNTIME_DIR: "" };
  const put = (text: string) =>
    text.replaceAll("<S>", store).replaceAll("<K>", key).replaceAll("<D>", folder);
  const run = (line: string, env: Readonly<Record<string, string>> = {}) =>
    runInProcess(put(line).split(" ").filter((word) => word !== ""), { ...home, ...env });
  await Deno.mkdir(`${folder}/tree`);
  await Deno.writeTextFile(`${folder}/tree/file`, "content");
  await Deno.writeTextFile(`${folder}/a.conf`, "a=1\n");
  const masterKey = new URL("../vectors/real/keys/master-public.pem", import.meta.url).pathname;
  const passphrase = { PBS_NEW_ENCRYPTION_PASSWORD: "main road 5" };
  for (
    const [line, env] of [
      ["backup tree.pxar:<D>/tree a.conf:<D>/a.conf --backup-id a --repository <S> --init", {}],
      [
        "backup tree.pxar:<D>/tree --backup-id split --repository <S> " +
        "--change-detection-mode metadata",
        {},
      ],
      ["key create <K> --kdf pbkdf2 --hint a-street", passphrase],
      ["key create <D>/my.key --kdf none", {}],
      ["key create <D>/other.key --kdf none", {}],
      [
        `backup a.conf:<D>/a.conf --backup-id secret --keyfile <D>/my.key --repository <S> ` +
        `--master-pubkey-file ${masterKey}`,
        {},
      ],
    ] as const
  ) {
    const { code, stderr } = await run(line, env);
    assertEquals(code, 0, stderr);
  }
  for (const { line, env, error, hint } of MISTAKES) {
    const { code, stdout, stderr } = await run(line, env);
    const shown = `${line}\n${stderr}`;
    assertEquals([code, stdout], [255, ""], shown);
    assertEquals(stderr.match(/^Error: /gm)?.length, 1, shown);
    assertMatch(stderr, error, shown);
    const advice = /^Hint: (.*)\n$/m.exec(stderr)?.[1];
    assertMatch(advice ?? "", new RegExp(put(hint.source)), shown);
    assertEquals(stderr.split("\n").length < 15, true, shown);
  }
});

Deno.test("a repository that is only a name is not taken for the folder of that name in silence", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.mkdir(`${dir.path}/backups`);
  const before = Deno.cwd();
  try {
    Deno.chdir(dir.path);
    const { code, stderr } = await runInProcess(["list", "--repository", "backups"], {
      PBS_PASSWORD: "x",
      HOME: dir.path,
      XDG_RUNTIME_DIR: "",
    });
    assertEquals(code, 255);
    assertMatch(stderr, /^Hint: .*for the folder of that name write \.\/backups$/m);
  } finally {
    Deno.chdir(before);
  }
});

Deno.test("who finds a lock held is told to wait, and how if the command can", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [home, repository] = [{ HOME: dir.path }, ["--repository", `${dir.path}/store`]];
  await Deno.writeTextFile(`${dir.path}/a.conf`, "a=1\n");
  const backup = ["backup", `a.conf:${dir.path}/a.conf`, "--backup-id", "a", ...repository];
  const first = [...backup, "--backup-time", "1700000000", "--init"];
  assertEquals((await runInProcess(first, home)).code, 0);
  using datastore = Datastore.open(`${dir.path}/store`);
  const cases: [lock: string, argv: string[], advice: RegExp][] = [
    ["host/a", backup, /^Hint: .*--lock-wait 10min$/m],
    [
      "host/a/2023-11-14T22:13:20Z",
      ["restore", "host/a", "a.conf", "-", ...repository],
      /^Hint: .*try again when it has ended$/m,
    ],
  ];
  for (const [lock, argv, advice] of cases) {
    using _held = await datastore.locks.acquire("", lock, "exclusive");
    const { code, stderr } = await runInProcess(argv, home);
    assertEquals(code, 255, stderr);
    assertMatch(stderr, advice);
  }
});

Deno.test("a backup without the key of its group says so and how to give it", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(`${dir.path}/a.conf`, "a=1\n");
  const common = ["backup", `a.conf:${dir.path}/a.conf`, "--repository", `${dir.path}/store`];
  const env = { HOME: dir.path };
  assertEquals(
    (await runInProcess(["key", "create", `${dir.path}/k`, "--kdf", "none"], env)).code,
    0,
  );
  const time = Math.floor(Date.now() / 1000) - 10;
  const encrypted = ["--keyfile", `${dir.path}/k`, "--init", "--backup-time", String(time)];
  assertEquals((await runInProcess([...common, ...encrypted], env)).code, 0);
  const plain = await runInProcess(common, env);
  assertEquals(plain.code, 0, plain.stderr);
  assertMatch(plain.stderr, /^Couldn't re-use previous manifest .*\nHint: .*--keyfile FILE/m);
});
