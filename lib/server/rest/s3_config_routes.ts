import { ServerError } from "../../errors/mod.ts";
import { listBuckets } from "../../s3/mod.ts";
import {
  type Answer,
  DIGEST,
  optional,
  type ParameterSchemas,
  type ParameterValues,
} from "../api/mod.ts";
import { ENDPOINT_ID, ENDPOINT_PROPERTIES, endpointOptions } from "../endpoints/mod.ts";
import type { PropertyValue, SectionValues } from "../sections/mod.ts";
import type { RestContext, RestRoute, StaticPermission } from "../state/mod.ts";

const PATH = "config/s3";
const NAMES = Object.keys(ENDPOINT_PROPERTIES);
const REMOVABLE = NAMES.filter((name) => ENDPOINT_PROPERTIES[name]!.optional);
const CHANGES: ParameterSchemas = Object.fromEntries(
  NAMES.map((name) => [name, optional(ENDPOINT_PROPERTIES[name]!)]),
);

/** Calls about S3 endpoints (spec: s3-datastore.md §2.1). */
export const S3_CONFIG_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: PATH,
    parameters: {},
    permission: "user",
    handle: list,
  },
  {
    method: "POST",
    path: PATH,
    parameters: { "id": ENDPOINT_ID, ...ENDPOINT_PROPERTIES },
    permission: "user",
    handle: create,
  },
  {
    method: "GET",
    path: `${PATH}/{id}`,
    parameters: { "id": ENDPOINT_ID },
    permission: onEndpoint("Sys.Audit"),
    handle: show,
  },
  {
    method: "PUT",
    path: `${PATH}/{id}`,
    parameters: {
      "id": ENDPOINT_ID,
      ...CHANGES,
      "delete": {
        kind: "array",
        items: {
          kind: "string",
          refuse: (text) => REMOVABLE.includes(text) ? undefined : `cannot remove "${text}"`,
        },
        optional: true,
      },
      "digest": optional(DIGEST),
    },
    permission: onEndpoint("Sys.Modify"),
    handle: update,
  },
  {
    method: "DELETE",
    path: `${PATH}/{id}`,
    parameters: { "id": ENDPOINT_ID, "digest": optional(DIGEST) },
    permission: onEndpoint("Sys.Modify"),
    handle: remove,
  },
  {
    method: "GET",
    path: `${PATH}/{id}/list-buckets`,
    parameters: { "id": ENDPOINT_ID },
    permission: { path: () => "/", privileges: ["Sys.Audit"] },
    handle: showBuckets,
  },
];

function onEndpoint(privilege: "Sys.Audit" | "Sys.Modify"): StaticPermission {
  return { path: (variables) => aclPath(variables.get("id") ?? ""), privileges: [privilege] };
}

function aclPath(id: string): string {
  return `/system/s3-endpoint/${id}`;
}

async function list({ state, authId }: RestContext): Promise<Answer> {
  const { endpoints, digest } = await state.endpoints.list();
  const visible = endpoints.filter(({ id }) =>
    state.access.rules.hasAny(authId, aclPath(id as string), ["Sys.Audit"])
  );
  return { data: visible, attributes: { digest } };
}

async function show({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const id = values.text("id");
  // Says that there is none.
  await state.endpoints.find(id);
  const { endpoints, digest } = await state.endpoints.list();
  return { data: endpoints.find((endpoint) => endpoint.id === id), attributes: { digest } };
}

async function create(
  { state, authId }: RestContext,
  values: ParameterValues,
): Promise<Answer> {
  const id = values.text("id");
  // In the body: the path of the rule is not known before.
  if (!state.access.rules.hasAny(authId, aclPath(id), ["Sys.Modify"])) {
    throw new ServerError(403, `permission check failed - missing Sys.Modify on ${aclPath(id)}`);
  }
  await state.endpoints.create(id, propertiesOf(values));
  return { data: null };
}

async function update({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  await state.endpoints.update(values.text("id"), {
    set: propertiesOf(values),
    remove: values.texts("delete"),
    digest: values.optionalText("digest"),
  });
  await state.refresh();
  return { data: null };
}

async function remove({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const { endpoints, administration } = state;
  await endpoints.remove(
    values.text("id"),
    (id) => administration.usersOfEndpoint(id),
    values.optionalText("digest"),
  );
  return { data: null };
}

async function showBuckets({ state }: RestContext, values: ParameterValues): Promise<Answer> {
  const endpoint = await state.endpoints.find(values.text("id"));
  const names = await listBuckets(endpointOptions(endpoint));
  return { data: names.map((name) => ({ name })) };
}

function propertiesOf(values: ParameterValues): SectionValues {
  const given = NAMES.filter((name) => values.has(name));
  return Object.fromEntries(given.map((name) => [name, values.value(name) as PropertyValue]));
}
