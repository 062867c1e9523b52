import { createHash } from "node:crypto";
import { ServerError } from "../../errors/mod.ts";
import { readCredentials, ticketCookie } from "../access/mod.ts";
import {
  ACL_PATH,
  type Answer,
  AUTH_ID,
  BOOLEAN,
  optional,
  type ParameterValues,
  TEXT,
  USER,
} from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";

/** The members that only these answers have beside `data` (spec: protocol.md §2.1). */
const LOGIN_ATTRIBUTES = { status: 200, success: true };
const LOGIN_TYPE = "application/json";

/** Calls about users, tickets and permissions (spec: protocol.md §2, §7.1). */
export const ACCESS_ROUTES: readonly RestRoute[] = [
  {
    method: "POST",
    path: "access/ticket",
    parameters: {
      "username": USER,
      "password": optional(TEXT),
      "http-only": optional(BOOLEAN),
      "path": optional(TEXT),
      "privs": optional(TEXT),
      "port": { kind: "integer", minimum: 0, maximum: 65535, optional: true },
      "tfa-challenge": optional(TEXT),
    },
    permission: "public",
    handle: createTicket,
  },
  {
    method: "DELETE",
    path: "access/ticket",
    parameters: {},
    permission: "public",
    handle: () => ({
      data: {},
      attributes: LOGIN_ATTRIBUTES,
      contentType: "",
      headers: [["set-cookie", ticketCookie(undefined)]],
    }),
  },
  {
    method: "POST",
    path: "access/vncticket",
    parameters: {
      "authid": AUTH_ID,
      "vncticket": TEXT,
      "path": TEXT,
      "privs": TEXT,
      "port": { kind: "integer", minimum: 0, maximum: 65535, optional: true },
    },
    permission: "user",
    handle: () => {
      throw new ServerError(400, "there are no terminal tickets on this server");
    },
  },
  {
    method: "GET",
    path: "access/permissions",
    parameters: { "auth-id": optional(AUTH_ID), "path": optional(ACL_PATH) },
    permission: "user",
    handle: showPermissions,
  },
  {
    method: "GET",
    path: "access/users",
    parameters: { "include_tokens": optional(BOOLEAN) },
    permission: "user",
    handle: listUsers,
  },
];

async function createTicket(
  { state, request, connection }: RestContext,
  values: ParameterValues,
): Promise<Answer> {
  const userId = values.text("username");
  const httpOnly = values.boolean("http-only");
  let password = values.optionalText("password");
  if (password === undefined && httpOnly) {
    const credentials = readCredentials(request.headers);
    if (credentials?.kind === "ticket" && credentials.hostCookie) password = credentials.ticket;
  }
  if (password === undefined) throw new ServerError(400, "no password provided");
  const { signer } = state.access;
  const halfTicket = values.optionalText("tfa-challenge");
  const result = halfTicket === undefined
    ? await state.access.login(userId, password, connection.remoteAddress)
    : await state.access.loginSecondStep(userId, halfTicket, password)
    ? "complete"
    : "refused";
  if (result === "refused") throw new ServerError(401, "permission check failed.");
  connection.clientKnown();
  const answer = { attributes: LOGIN_ATTRIBUTES, contentType: LOGIN_TYPE };
  if (result !== "complete") {
    const ticket = signer.createChallengeTicket(userId, result);
    return { ...answer, data: { CSRFPreventionToken: "invalid", ticket, username: userId } };
  }
  const ticket = signer.createTicket(userId);
  const data = { CSRFPreventionToken: signer.createCsrfToken(userId), username: userId };
  if (!httpOnly) return { ...answer, data: { ...data, ticket } };
  const info = `${ticket.slice(0, ticket.indexOf("::"))}::ticketinfo`;
  return {
    ...answer,
    data: { ...data, "ticket-info": info },
    headers: [["set-cookie", ticketCookie(ticket)]],
  };
}

function showPermissions({ state, authId }: RestContext, values: ParameterValues): Answer {
  const asked = values.optionalText("auth-id") ?? authId;
  const { rules } = state.access;
  const allowed = asked === authId || asked.startsWith(`${authId}!`) ||
    rules.hasAny(authId, "/access", ["Sys.Audit"]);
  if (!allowed) throw new ServerError(400, `not allowed to list permissions of ${asked}`);
  const path = values.optionalText("path");
  const paths = path === undefined
    ? [...new Set([...rules.paths, ...state.configs.map(({ name }) => `/datastore/${name}`)])]
    : [path];
  const permissions: Record<string, Record<string, boolean>> = {};
  for (const each of paths.sort()) {
    const granted = rules.privileges(asked, each);
    if (granted.size > 0) permissions[each] = Object.fromEntries([...granted].sort());
  }
  return { data: permissions };
}

function listUsers({ state, authId }: RestContext, values: ParameterValues): Answer {
  const { access } = state;
  const [self] = authId.split("!");
  const all = access.rules.hasAny(authId, "/access/users", ["Sys.Audit", "Permissions.Modify"]);
  const accounts = [...access.accounts];
  const users = accounts.filter(({ authId }) => !authId.includes("!") && (all || authId === self));
  const describe = ({ enabled, expire, comment }: typeof accounts[number]) => ({
    ...enabled ? {} : { enable: false },
    ...expire === 0 ? {} : { expire },
    ...comment === undefined ? {} : { comment },
  });
  const data = users.map((user) => {
    const tokens = accounts.filter(({ authId }) => authId.startsWith(`${user.authId}!`));
    return {
      userid: user.authId,
      ...describe(user),
      ...values.boolean("include_tokens") && tokens.length > 0
        ? { tokens: tokens.map((token) => ({ tokenid: token.authId, ...describe(token) })) }
        : {},
    };
  });
  const digest = createHash("sha256").update(JSON.stringify(accounts)).digest("hex");
  return { data, attributes: { digest } };
}
