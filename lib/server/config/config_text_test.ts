import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ConfigText } from "./config_text.ts";
import { parseSections } from "./section_config.ts";

const TEXT = `# head
server: this
	listen 127.0.0.1:8007

# about Joe
user: joe@pbs
	# since 2024
	comment Joe

acl: /
	joe@pbs Admin
	eve@pbs Audit # no
	joe@pbs Audit here-only

acl: /
	joe@pbs NoAccess
`;

Deno.test("properties are changed where they are, and everything else stays", () => {
  const text = new ConfigText(TEXT);
  text.setProperty("user", "joe@pbs", "comment", "Joseph");
  text.setProperty("user", "joe@pbs", "enable", "false");
  text.setProperties("acl", "/", "joe@pbs", ["Audit"]);
  assertEquals(
    text.toString(),
    TEXT.replace("comment Joe", "comment Joseph\n\tenable false")
      .replace("joe@pbs Admin", "joe@pbs Audit")
      .replace("\tjoe@pbs Audit here-only\n", "").replace("\tjoe@pbs NoAccess\n", ""),
  );
});

Deno.test("sections are added at the end and removed without the comments around them", () => {
  const text = new ConfigText(TEXT);
  text.removeSection("user", "joe@pbs");
  text.removeSection("user", "nobody@pbs");
  text.addSection("user", "eve@pbs");
  assertEquals(
    text.toString(),
    TEXT.replace("user: joe@pbs\n\t# since 2024\n\tcomment Joe\n\n", "") + "\nuser: eve@pbs\n",
  );
  text.removeSection("acl", "/");
  assertEquals(text.has("acl", "/"), false);
  text.removeEmptySection("server", "this");
  assertEquals([text.has("server", "this"), text.has("user", "eve@pbs")], [true, true]);
  text.removeEmptySection("user", "eve@pbs");
  assertEquals(text.has("user", "eve@pbs"), false);
});

Deno.test("whatever is changed, the text stays one that can be read and says what was set", () => {
  const name = fc.constantFrom("a", "b", "c");
  const step = fc.tuple(fc.constantFrom("add", "remove", "set", "unset", "many"), name, name);
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const text = new ConfigText("# top\nkind: a\n\n\tb 0\n# end\n");
    const model = new Map<string, Map<string, string[]>>([["a", new Map([["b", ["0"]]])]]);
    for (const [what, section, key] of steps) {
      const known = model.get(section);
      if (what === "add") {
        if (known !== undefined) continue;
        text.addSection("kind", section);
        model.set(section, new Map());
      } else if (what === "remove") {
        text.removeSection("kind", section);
        model.delete(section);
      } else if (known !== undefined) {
        const values = what === "set" ? ["1"] : what === "many" ? ["1", "2"] : [];
        text.setProperties("kind", section, key, values);
        if (values.length > 0) known.set(key, values);
        else known.delete(key);
      }
    }
    const sections = parseSections(text.toString(), "x");
    const found = sections.map(({ name, properties }) => [
      name,
      Object.fromEntries(
        Map.groupBy(properties, ([key]) => key).entries().map(
          ([key, lines]) => [key, lines.map(([, value]) => value)],
        ),
      ),
    ]);
    const expected = [...model].map(([name, keys]) => [name, Object.fromEntries(keys)]);
    assertEquals(Object.fromEntries(found), Object.fromEntries(expected));
  }));
});
