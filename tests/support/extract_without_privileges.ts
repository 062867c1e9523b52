// Run by a test as root without capabilities: extracts what needs them, prints `path step errno`.
import { S_IFCHR, S_IFDIR, S_IFREG } from "../../lib/pxar/mod.ts";
import { TreeExtractor } from "../../lib/fs/mod.ts";
import { addFile, bytes, metadata } from "./extract_fixture.ts";

const [target = "", ...flags] = Deno.args;
const has = (flag: string) => flags.includes(flag);
const report: string[] = [];
await using extractor = TreeExtractor.open(target, {
  errorPolicy: "collect",
  ignoreOwnership: has("ignore-ownership"),
  ignoreExtractDeviceErrors: has("ignore-device-errors"),
  allowExistingDirs: has("again"),
  overwriteFiles: has("again"),
  onError: ({ path, step, errno }) =>
    report.push(`${new TextDecoder().decode(path)} ${step} ${errno}`),
});
addFile(extractor, "mine", "mine");
if (!has("again")) {
  addFile(extractor, "theirs", "theirs", metadata(S_IFREG | 0o6755, { uid: 77, gid: 78 }));
  extractor.device(bytes("device"), metadata(S_IFCHR | 0o600), 1, 3);
}
extractor.enterDirectory(bytes("read-only"), metadata(S_IFDIR | 0o555));
const xattrs = [{ name: bytes("user.x"), value: bytes("x") }];
addFile(extractor, "file", "file", metadata(S_IFREG | 0o400, { xattrs }));
extractor.leaveDirectory();
await extractor.finish();
// deno-lint-ignore no-console
console.log(report.sort().join("\n"));
