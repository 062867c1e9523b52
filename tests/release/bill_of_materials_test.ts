import { assert, assertEquals } from "@std/assert";
// What the validator loads by name.
import "ajv";
import "ajv-formats";
import "ajv-formats-draft2019";
import { JsonStrictValidator } from "@cyclonedx/cyclonedx-library/Validation";
import * as Spec from "@cyclonedx/cyclonedx-library/Spec";
import parseLicence from "spdx-expression-parse";
import { ARCHITECTURES } from "../../scripts/packing/architecture.ts";
import { components } from "../../scripts/packaging/bill_of_materials/components.ts";
import { licenceNotices } from "../../scripts/packaging/bill_of_materials/licence_notices.ts";
import { billOfMaterials } from "../../scripts/packaging/bill_of_materials/write_bill.ts";
import { packedExecutable } from "../support/packed_executable.ts";

Deno.test("the bill of materials is one of CycloneDX, and names all that is in the executable", async () => {
  // Its parts are told by what was fetched for it.
  await packedExecutable();
  const own = ARCHITECTURES.filter(({ name }) => name === Deno.build.arch);
  const parts = await components(own);
  const bill = billOfMaterials(parts, 1_700_000_000);
  assertEquals(await new JsonStrictValidator(Spec.Version.v1dot6).validate(bill), null);
  assertEquals(billOfMaterials(parts, 1_700_000_000), bill);
  const names = parts.map(({ name }) => name);
  const expected = ["deno", "preact", "otpauth", "aws-lc-sys", "zstd-sys", "rustix", "rust-std"];
  for (const name of [...expected, "libc6", "libgcc-s1", "libfuse3-3"]) {
    assert(names.includes(name), name);
  }
  // What only tests, scripts and builds use is not in it.
  for (const name of ["fast-check", "puppeteer-core", "ajv", "cc"]) {
    assert(!names.includes(name), name);
  }
  for (const { name, licence, version } of parts) {
    parseLicence(licence);
    assert(version !== "", name);
  }
  assertEquals(new Set(parts.map(({ address }) => address)).size, parts.length);
});

Deno.test("the licence texts are those of every part, each text once", async () => {
  await packedExecutable();
  const parts = await components(ARCHITECTURES.filter(({ name }) => name === Deno.build.arch));
  const notices = licenceNotices(parts, "the licence of the program");
  for (const { name, version, texts } of parts) {
    assert(texts.length > 0, name);
    for (const text of texts) {
      assert(notices.includes(`${name} ${version}: ${text.name}\n`), name);
      assert(notices.includes(text.text.replaceAll("\r\n", "\n").trimEnd()), name);
    }
  }
  // Two libraries are under it.
  const shared = Deno.readTextFileSync("/usr/share/common-licenses/LGPL-2.1").trimEnd();
  assertEquals(notices.split(shared).length, 2);
});
