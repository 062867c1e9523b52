import { UsageError } from "../../errors/mod.ts";
import {
  type Answer,
  DIGEST,
  optional,
  type ParameterSchemas,
  type ParameterValues,
} from "../api/mod.ts";
import type { Privilege } from "../access/mod.ts";
import {
  REMOTE_NAME,
  REMOTE_PASSWORD,
  REMOTE_PROPERTIES,
  type RemoteChange,
  remoteMembers,
  REMOVABLE_REMOTE_PROPERTIES,
} from "../remotes/mod.ts";
import type { RestContext, RestRoute, StaticPermission } from "../state/mod.ts";

const PATH = "config/remote";
const ANY_CHANGES: ParameterSchemas = Object.fromEntries(
  Object.entries(REMOTE_PROPERTIES).map(([name, schema]) => [name, optional(schema)]),
);

/** The static permission of calls on a remote. */
export function onRemote(privilege: Privilege): StaticPermission {
  return {
    path: (variables) => `/remote/${variables.get("name") ?? ""}`.replace(/\/$/, ""),
    privileges: [privilege],
  };
}

/** Calls that look at remotes and change them. No answer has a password in it. */
export const REMOTE_ROUTES: readonly RestRoute[] = [
  { method: "GET", path: PATH, parameters: {}, permission: "user", handle: list },
  {
    method: "POST",
    path: PATH,
    parameters: { "name": REMOTE_NAME, ...REMOTE_PROPERTIES, "password": REMOTE_PASSWORD },
    permission: onRemote("Remote.Modify"),
    handle: create,
  },
  {
    method: "GET",
    path: `${PATH}/{name}`,
    parameters: { "name": REMOTE_NAME },
    permission: onRemote("Remote.Audit"),
    handle: show,
  },
  {
    method: "PUT",
    path: `${PATH}/{name}`,
    parameters: {
      "name": REMOTE_NAME,
      ...ANY_CHANGES,
      "password": optional(REMOTE_PASSWORD),
      "delete": {
        kind: "array",
        items: { kind: "string", values: REMOVABLE_REMOTE_PROPERTIES },
        optional: true,
      },
      "digest": optional(DIGEST),
    },
    permission: onRemote("Remote.Modify"),
    handle: update,
  },
  {
    method: "DELETE",
    path: `${PATH}/{name}`,
    parameters: { "name": REMOTE_NAME, "digest": optional(DIGEST) },
    permission: onRemote("Remote.Modify"),
    handle: remove,
  },
];

async function list({ state, authId }: RestContext): Promise<Answer> {
  const { entries, digest } = await state.jobs.remotes.list();
  const visible = entries.filter(({ name }) =>
    state.access.rules.hasAny(authId, `/remote/${name}`, ["Remote.Audit"])
  );
  return { data: visible.map(remoteMembers), attributes: { digest } };
}

async function show({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const remote = await state.jobs.remotes.find(values.text("name"));
  const { digest } = await state.jobs.remotes.list();
  return { data: remoteMembers(remote), attributes: { digest } };
}

async function create({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  await state.jobs.remotes.create(values.text("name"), { set: given(values) });
  return { data: null };
}

async function update({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const set = given(values);
  const remove = values.texts("delete");
  const both = remove.find((name) => Object.hasOwn(set, name));
  if (both !== undefined) throw new UsageError(`"${both}" cannot be set and removed at once`);
  await state.jobs.remotes.update(values.text("name"), {
    set,
    remove,
    digest: values.optionalText("digest"),
  });
  return { data: null };
}

async function remove({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  await state.jobs.removeRemote(values.text("name"), values.optionalText("digest"));
  return { data: null };
}

function given(values: ParameterValues): RemoteChange["set"] {
  const names = [...Object.keys(REMOTE_PROPERTIES), "password"].filter((name) => values.has(name));
  return Object.fromEntries(names.map((name) => [name, values.value(name) as string | number]));
}
