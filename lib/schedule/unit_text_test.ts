import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors/mod.ts";
import {
  expandSpecifiers,
  expandVariables,
  readUnit,
  splitUnitWords,
} from "../../tests/support/unit_reader.ts";
import { type ConfinementNeeds, confinementOf } from "./confinement.ts";
import { jobNameOf } from "./job_mark.ts";
import type { Job } from "./job.ts";
import { pathWord } from "./unit_quoting.ts";
import { serviceUnit, timerUnit } from "./unit_text.ts";

const JOB: Job = {
  name: "nightly",
  program: "/usr/bin/pbs-client",
  words: ["backup", "root.pxar:/"],
  calendar: "daily",
  randomDelaySeconds: 0,
  persistent: true,
  environment: [],
  credentials: [],
  user: "root",
};
const NEEDS: ConfinementNeeds = {
  sources: [],
  entersMounts: false,
  writable: [],
  usesNetwork: true,
  runsCommand: false,
  takesPictures: false,
  capabilities: ["CAP_DAC_READ_SEARCH"],
  isUserUnit: false,
};

const anyWord = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."%$\\\"' \t\n;{}~#aü\x01\x7f".split("")) }),
).filter((word) => !word.includes("\0") && word.isWellFormed());

Deno.test("serviceUnit() writes words and variables that systemd reads as they were", () => {
  fc.assert(fc.property(fc.array(anyWord), anyWord, (words, value) => {
    const unit = readUnit(
      serviceUnit({ ...JOB, words, environment: [["PBS_REPOSITORY", value]] }, NEEDS),
    );
    assertEquals(expandVariables(unit.words, {}), [JOB.program, ...words]);
    const [line] = unit.settings.get("Environment") ?? [];
    assertEquals(splitUnitWords(line!).map((word) => expandSpecifiers(word)), [
      `PBS_REPOSITORY=${value}`,
    ]);
  }));
});

Deno.test("serviceUnit() writes no line but its own, whatever the words are", () => {
  const lines = serviceUnit(JOB, NEEDS).split("\n").length;
  fc.assert(fc.property(anyWord, (word) => {
    assertEquals(serviceUnit({ ...JOB, words: [word, word] }, NEEDS).split("\n").length, lines);
  }));
});

Deno.test("serviceUnit() passes the key as an option, where systemd puts it", () => {
  const credentials = [
    { kind: "key", path: "/etc/a key%.json" },
    { kind: "password", path: "/etc/secret" },
  ] as const;
  const unit = readUnit(serviceUnit({ ...JOB, credentials }, NEEDS));
  const environment = { CREDENTIALS_DIRECTORY: "/run/credentials/x" };
  assertEquals(expandVariables(unit.words, environment).slice(-2), [
    "--keyfile",
    "/run/credentials/x/pbs-client.key",
  ]);
  assertEquals(unit.settings.get("LoadCredential")?.map((word) => expandSpecifiers(word)), [
    "pbs-client.key:/etc/a key%.json",
    "proxmox-backup-client.password:/etc/secret",
  ]);
  const broken = [{ kind: "key", path: "/etc/a\nkey" }] as const;
  assertThrows(() => serviceUnit({ ...JOB, credentials: broken }, NEEDS), UsageError);
});

Deno.test("others than root get privileges as ambient ones, root and users' units do not", () => {
  const has = (job: Job, needs = NEEDS) => serviceUnit(job, needs).includes("AmbientCapabilities=");
  assert(has({ ...JOB, user: "backup" }));
  assert(!has(JOB));
  assert(!has({ ...JOB, user: undefined }, { ...NEEDS, isUserUnit: true }));
});

Deno.test("confinementOf() hides nothing that is to be backed up", () => {
  const settings = (needs: Partial<ConfinementNeeds>) =>
    confinementOf({ ...NEEDS, ...needs }, pathWord);
  const hiding = ["PrivateTmp", "PrivateDevices", "ProtectKernelModules", "ProtectProc"];
  const hidden = (needs: Partial<ConfinementNeeds>) =>
    hiding.filter((name) => settings(needs).some((line) => line.startsWith(`${name}=`)));
  assertEquals(hidden({ sources: ["/srv/www"] }), hiding);
  assertEquals(hidden({ sources: ["/"] }), ["PrivateDevices", "ProtectProc"]);
  assertEquals(hidden({ sources: ["/"], entersMounts: true }), []);
  assertEquals(hidden({ sources: ["/var"] }), hiding.slice(1));
  assertEquals(hidden({ sources: ["/tmp/x"] }), hiding.slice(1));
  assertEquals(hidden({ sources: ["/variable"] }), hiding);
  assertEquals(hidden({ sources: ["/dev/vg0/data"] }), [
    "PrivateTmp",
    "ProtectKernelModules",
    "ProtectProc",
  ]);
  assertEquals(hidden({ sources: ["/usr"] }), ["PrivateTmp", "PrivateDevices", "ProtectProc"]);
  // A datastore below /tmp is to be found as well.
  assertEquals(hidden({ writable: ["/tmp/store"] }), hiding.slice(1));
  assert(!settings({}).some((line) => /^(ProtectHome=(yes|tmpfs)|InaccessiblePaths)/.test(line)));
});

Deno.test("timerUnit() has the calendar, and marks its file", () => {
  const text = timerUnit({ ...JOB, calendar: "Mon..Fri 02:30", randomDelaySeconds: 900 });
  assert(text.includes("\nOnCalendar=Mon..Fri 02:30\nRandomizedDelaySec=900\nPersistent=yes\n"));
  assertEquals(jobNameOf(text), "nightly");
});

Deno.test("confinementOf() lets a service mount that takes snapshots of its sources", () => {
  const settings = (takesPictures: boolean) =>
    confinementOf({ ...NEEDS, takesPictures }, pathWord).map((line) => line.split("=")[0]);
  const hindrances = ["RestrictNamespaces", "PrivateDevices", "ProtectSystem", "SystemCallFilter"]
    .concat("CapabilityBoundingSet");
  for (const setting of hindrances) {
    assert(settings(false).includes(setting), setting);
    assert(!settings(true).includes(setting), setting);
  }
  assert(settings(true).includes("NoNewPrivileges"));
});
