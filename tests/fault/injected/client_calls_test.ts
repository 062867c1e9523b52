// Each system call that a run of the client makes on its datastore, source and target fails once.
// docs/internals/testing.md says how to run the whole matrix.
import { assert, assertEquals } from "@std/assert";
import { assertSameTree } from "../../support/compare_trees.ts";
import { classesOf, matrixOf } from "../../support/fail_calls/call_classes.ts";
import {
  type FailCalls,
  type FailingCall,
  parseCalls,
} from "../../support/fail_calls/fail_calls.ts";
import { type ClientRun, runClient } from "../../support/run_client.ts";
import {
  FAULT_TIME,
  type FaultWorld,
  GROUP,
  NEWER_TIME,
  OLDER_TIME,
  withFaultWorld,
} from "./fault_world.ts";
import { faultExtent, runFaults, SeenClasses, withFailCalls } from "./run_faults.ts";

/** A command, and what it has done if it says that it succeeded. */
interface Operation {
  readonly name: string;
  /** Operations of one family have most calls in common: the sample has each class once. */
  readonly family?: string;
  args(world: FaultWorld): string[];
  succeeded(world: FaultWorld, run: ClientRun): Promise<void>;
}

/** Exit code of runs that have left something out, and said so. */
const WITH_WARNINGS = 3;

/** Everything in quotes: the entries that warnings are about are among it. */
function namedIn(text: string): string[] {
  return [...text.matchAll(/"([^"\n]+)"/g)].map(([, name]) => name!);
}

const group = `${GROUP.type}/${GROUP.id}`;

function backup(name: string, ...options: string[]): Operation {
  return {
    name,
    family: "backup",
    args: (world) => [
      "backup",
      ...world.specs,
      ...["--backup-id", GROUP.id, "--backup-time", `${FAULT_TIME}`, "--chunk-size", "64"],
      ...options,
    ],
    succeeded: async (world) => {
      assertEquals(await world.times(), [OLDER_TIME, NEWER_TIME, FAULT_TIME]);
    },
  };
}

function restore(archive: string, ...options: string[]): Operation {
  const name = archive.slice(0, archive.indexOf("."));
  return {
    name: `restore of ${archive}`,
    family: "restore",
    args: (world) => ["restore", group, archive, `${world.root}/target`, ...options],
    succeeded: async (world) => {
      const [source, target] = [
        `${world.root}/../source-${NEWER_TIME}/${name}`,
        `${world.root}/target`,
      ];
      if (name === "tree") await assertSameTree(source, target, ["left-out"]);
      else assertEquals(await Deno.readFile(target), await Deno.readFile(source));
    },
  };
}

const OPERATIONS: readonly Operation[] = [
  backup("backup"),
  backup("backup in metadata mode", "--change-detection-mode", "metadata"),
  restore("tree.pxar"),
  restore("disk.img"),
  restore("settings.conf"),
  {
    name: "garbage collection",
    args: () => ["garbage-collect"],
    succeeded: async (world) => {
      const chunks = await world.chunks();
      assertEquals(world.garbage.filter((digest) => chunks.includes(digest)), []);
    },
  },
  {
    name: "prune",
    family: "maintenance",
    args: () => ["prune", group, "--keep-last", "1"],
    succeeded: async (world) => assertEquals(await world.times(), [NEWER_TIME]),
  },
  {
    name: "removal of a snapshot",
    family: "maintenance",
    args: () => [
      "snapshot",
      "forget",
      `${group}/${new Date(NEWER_TIME * 1000).toISOString().replace(".000", "")}`,
    ],
    succeeded: async (world) => assertEquals(await world.times(), [OLDER_TIME]),
  },
  {
    name: "verification",
    family: "maintenance",
    args: (world) => ["datastore", "verify", world.store],
    succeeded: async () => {},
  },
];

/** Runs the program under the watch. @returns What it left and the calls it made. */
async function runWatched(
  fail: FailCalls,
  operation: Operation,
  world: FaultWorld,
  failing: readonly FailingCall[],
): Promise<{ run: ClientRun; log: string }> {
  const path = `${world.root}.log`;
  const run = await runClient(operation.args(world), {
    env: { PBS_REPOSITORY: world.store, PBS_WARNINGS_EXIT: `${WITH_WARNINGS}` },
    under: fail.before({ log: path, under: [world.root], fail: failing }),
  });
  const log = await Deno.readTextFile(path);
  await Deno.remove(path);
  return { run, log };
}

const seen = new SeenClasses();

for (const operation of OPERATIONS) {
  Deno.test(`no failing system call of a ${operation.name} does harm`, () =>
    withFailCalls((fail) =>
      withFaultWorld(async (template) => {
        const dry = await template.copy(`${template.root}/dry`);
        const { run, log } = await runWatched(fail, operation, dry, []);
        assertEquals(run.code, 0, run.stderr);
        await operation.succeeded(dry, run);
        await dry.check();
        const classes = classesOf(parseCalls(log), dry.root);
        const faults = matrixOf(seen.chooseFrom(classes, operation.family), "", faultExtent);
        await runFaults(operation.name, faults, async (fault, name) => {
          const world = await template.copy(`${template.root}/${name}`);
          const there = fault.glob === "tcp" ? fault : { ...fault, glob: world.root + fault.glob };
          const { run, log } = await runWatched(fail, operation, world, [there]);
          try {
            if (!parseCalls(log).some(({ failed }) => failed)) return "not reached";
            assertEquals(run.signal, null);
            if (run.code === 0) await operation.succeeded(world, run);
            if (run.code !== 0) {
              assert(!/^\s+at .*:\d+:\d+|panicked/m.test(run.stderr), "a stack trace");
            }
            await world.check(run.code === WITH_WARNINGS ? namedIn(run.stderr) : []);
          } catch (error) {
            throw new Error(`the run ended with ${run.code}:\n${run.stderr}`, { cause: error });
          } finally {
            await Deno.remove(world.root, { recursive: true });
          }
          return run.code === 0 ? "succeeded" : "refused";
        });
      })
    ));
}
