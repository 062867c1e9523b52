import type { Job } from "./run_jobs.ts";

/**
 * Tests that take long, the longest first: each is a process of its own, and started before all
 * others. A file or folder that is not named here needs no place in this list.
 */
const LONG = [
  "tests/fault/injected/client_calls_test.ts",
  "tests/fault/injected/server_calls_test.ts",
  "tests/guest/vsock_test.ts",
  "tests/guest/lvm_test.ts",
  "tests/documents/guide_test.ts",
  "tests/end_to_end/round_trip_test.ts",
  "tests/fault/kill_backup_test.ts",
  "tests/fault/serve_kill_test.ts",
  "tests/change_detection/metadata_mode_test.ts",
  "tests/command_line/key_runs_test.ts",
  "tests/end_to_end/refusing_share_test.ts",
  "tests/fault/injected/server_start_calls_test.ts",
  "tests/fault/interrupted_runs_test.ts",
  "tests/fault/interrupted_copies_test.ts",
  "tests/command_line/runs_test.ts",
  "tests/release/release_test.ts",
  "tests/end_to_end/catalog_shell_test.ts",
];

/** Folders whose tests build or boot something, which takes longer than their number tells. */
const HEAVY_FOLDERS = ["tests/packed", "tests/release", "tests/runtimes", "tests/guest"];

/** A folder with more files is run in parts of about so many. */
const FILES_OF_PART = 10;

/** Rooms of the library are tested in so many processes. */
const PARTS_OF_LIB = 4;

/** What {@linkcode testJobs} looks at. */
export interface TestTree {
  /** Paths of the files below `tests` whose names end with `_test.ts`, from the root of the project. */
  readonly testFiles: readonly string[];
  /** Paths of all folders below `tests` that have modules, likewise. */
  readonly testFolders: readonly string[];
  /** Paths of the rooms of the library. */
  readonly rooms: readonly string[];
}

/**
 * Parts of all tests, in the order to start them. Each file is in exactly one; so are the examples in
 * documentation comments.
 *
 * @param deno Path of the runtime.
 */
export function testJobs(deno: string, { testFiles, testFolders, rooms }: TestTree): Job[] {
  const gone = LONG.filter((path) => !testFiles.includes(path));
  if (gone.length > 0) throw new Error(`no longer there: ${gone.join(", ")}`);
  const job = (name: string, paths: readonly string[]): Job => ({
    name,
    command: [
      deno,
      "test",
      "--allow-all",
      "--no-check",
      "--doc",
      "--permit-no-files",
      ...LONG.filter((path) => !paths.includes(path)).map((path) => `--ignore=${path}`),
      ...testFolders.filter((path) => paths.some((outer) => path.startsWith(`${outer}/`)))
        .map((path) => `--ignore=${path}`),
      ...paths,
    ],
  });
  const sizeOf = (folder: string) =>
    HEAVY_FOLDERS.includes(folder)
      ? testFiles.length
      : testFiles.filter((path) => path.startsWith(`${folder}/`)).length;
  const parts = Array.from({ length: PARTS_OF_LIB }, (_, part) =>
    job(
      `lib, part ${part + 1}`,
      rooms.filter((_, index) => index % PARTS_OF_LIB === part),
    ));
  return [
    ...LONG.map((path) => job(path, [path])),
    // Many files take long as well.
    ...testFolders.toSorted((a, b) => sizeOf(b) - sizeOf(a)).flatMap((folder) => {
      const files = testFiles.filter((path) =>
        path.slice(0, path.lastIndexOf("/")) === folder && !LONG.includes(path)
      );
      const count = Math.ceil(files.length / FILES_OF_PART);
      if (count <= 1) return [job(folder, [folder])];
      return Array.from({ length: count }, (_, part) =>
        job(
          `${folder}, part ${part + 1}`,
          files.filter((_, index) => index % count === part),
        ));
    }),
    ...parts,
    job("mod.ts, ffi, cli, page", ["mod.ts", "ffi", "cli", "page"]),
  ];
}
