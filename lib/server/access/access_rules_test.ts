import { assert, assertEquals } from "@std/assert";
import { AccessRules } from "./access_rules.ts";

const rule = (path: string, authId: string, role: string, propagate = true) => ({
  path,
  authId,
  roles: [role],
  propagate,
});

Deno.test("privileges are inherited downwards until a deeper rule replaces them", () => {
  const rules = new AccessRules([
    rule("/datastore", "joe@pbs", "DatastoreAdmin"),
    rule("/datastore/secret", "joe@pbs", "NoAccess"),
    rule("/datastore/secret/open", "joe@pbs", "DatastoreAudit"),
  ]);
  assert(rules.hasAny("joe@pbs", "/datastore/x/y/z", ["Datastore.Modify"]));
  assert(!rules.hasAny("joe@pbs", "/datastore/secret/other", ["Datastore.Audit"]));
  assert(rules.hasAny("joe@pbs", "/datastore/secret/open", ["Datastore.Audit"]));
  assert(rules.hasAnyAtOrBelow("joe@pbs", "/datastore/secret", ["Datastore.Audit"]));
  assert(!rules.hasAny("joe@pbs", "/", ["Datastore.Audit"]));
  assert(!rules.hasAny("joe@pbs", "/datastores", ["Datastore.Audit"]));
});

Deno.test("a rule that is for its path only does not reach below", () => {
  const rules = new AccessRules([rule("/datastore/a", "joe@pbs", "DatastoreReader", false)]);
  assertEquals(rules.privileges("joe@pbs", "/datastore/a").get("Datastore.Read"), false);
  assertEquals(rules.privileges("joe@pbs", "/datastore/a/ns").size, 0);
});

Deno.test("the superuser may do everything, its tokens only what they are given", () => {
  const rules = new AccessRules([rule("/datastore/a", "root@pam!t", "DatastoreAudit")]);
  assert(rules.hasAny("root@pam", "/anything", ["Sys.Modify"]));
  assertEquals([...rules.privileges("root@pam!t", "/datastore/a").keys()], ["Datastore.Audit"]);
  assertEquals(rules.privileges("root@pam!t", "/").size, 0);
});
