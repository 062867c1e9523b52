import * as Enums from "@cyclonedx/cyclonedx-library/Enums";
import * as Models from "@cyclonedx/cyclonedx-library/Models";
import * as Serialize from "@cyclonedx/cyclonedx-library/Serialize";
import * as Spec from "@cyclonedx/cyclonedx-library/Spec";
import { VERSION } from "../../../cli/version.ts";
import type { Component } from "./component.ts";

/**
 * A bill of materials, as JSON of CycloneDX 1.6: what is in the executable, with versions, licences and
 * digests. The same components and date give the same text.
 *
 * @param dateSecs Of the sources, in seconds since 1970.
 */
export function billOfMaterials(components: readonly Component[], dateSecs: number): string {
  const bill = new Models.Bom();
  const program = new Models.Component(Enums.ComponentType.Application, "pbs-client", {
    version: VERSION,
    bomRef: `pkg:generic/pbs-client@${VERSION}`,
    purl: `pkg:generic/pbs-client@${VERSION}`,
    description: "Backup client for Proxmox Backup Server and datastore directories",
  });
  program.licenses.add(new Models.SpdxLicense("Apache-2.0"));
  bill.metadata.component = program;
  bill.metadata.timestamp = new Date(dateSecs * 1000);
  for (const component of components) {
    const entry = entryOf(component);
    bill.components.add(entry);
    program.dependencies.add(entry.bomRef);
  }
  const format = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  return new Serialize.JsonSerializer(format).serialize(bill, { sortLists: true, space: 2 }) + "\n";
}

function entryOf(component: Component): Models.Component {
  const { name, version, description, licence, address, source, digest } = component;
  const type = name === "deno" ? Enums.ComponentType.Platform : Enums.ComponentType.Library;
  const entry = new Models.Component(type, name, {
    version,
    // Without one of ours the library makes one up by chance.
    bomRef: address,
    purl: address,
    ...(description === undefined ? {} : { description }),
  });
  entry.licenses.add(
    /[ ()]/.test(licence) ? new Models.LicenseExpression(licence) : new Models.SpdxLicense(licence),
  );
  if (digest !== undefined) {
    const algorithm = Enums.HashAlgorithm[digest.algorithm];
    entry.hashes.set(algorithm, digest.hex);
  }
  // Others are named by words, not by an address.
  if (source?.includes(":")) {
    const type = Enums.ExternalReferenceType.VCS;
    entry.externalReferences.add(new Models.ExternalReference(source, type));
  }
  return entry;
}
