import { NotFoundError } from "../../lib/errors/mod.ts";
import { AccessRules, type AccountChange } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { administeredUser } from "../environment/administered_user.ts";
import { newPassword } from "../environment/new_password.ts";
import { serverAdministration } from "../environment/server_administration.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";

/** `serve user create` (docs/server.md). */
export async function createUser(values: CommandValues, context: CommandContext): Promise<void> {
  const userId = values.requiredText("userid");
  const server = serverAdministration(values, context);
  await server.createUser(userId, newPassword(context.environment, userId), accountChange(values));
}

/** `serve user update`. */
export async function updateUser(values: CommandValues, context: CommandContext): Promise<void> {
  await changeUser(values, context, accountChange(values));
}

/** `serve user enable`. */
export async function enableUser(values: CommandValues, context: CommandContext): Promise<void> {
  await changeUser(values, context, { enabled: true });
}

/** `serve user disable`. */
export async function disableUser(values: CommandValues, context: CommandContext): Promise<void> {
  await changeUser(values, context, { enabled: false });
}

/** `serve user remove`. */
export async function removeUser(values: CommandValues, context: CommandContext): Promise<void> {
  await serverAdministration(values, context).removeUser(values.requiredText("userid"));
}

/** `serve user passwd`. */
export async function setUserPassword(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  await server.setPassword(userId, newPassword(context.environment, userId));
}

/** `serve user list`. */
export async function listUsers(values: CommandValues, context: CommandContext): Promise<void> {
  const server = serverAdministration(values, context);
  const factors = await server.factors();
  const { accounts } = await server.config();
  const users = accounts.filter(({ authId }) => !authId.includes("!")).map((account) => {
    const { totp, recovery } = factors.challengeOf(account.authId) ?? {};
    const kinds = [...totp ? ["totp"] : [], ...recovery ? ["recovery"] : []];
    return { ...account, kinds };
  });
  printTable(values, context, {
    json: users.map(({ authId, enabled, expire, comment, kinds }) => ({
      userid: authId,
      enable: enabled,
      expire,
      comment,
      "second-factors": kinds,
    })),
    text: (style) =>
      renderList(
        [
          { title: "userid", cell: (user) => user.authId },
          { title: "enable", cell: (user) => user.enabled ? "yes" : "no" },
          { title: "expire", cell: (user) => formatExpiry(user.expire) },
          { title: "second factors", cell: (user) => user.kinds.join(", ") },
          { title: "comment", cell: (user) => user.comment ?? "" },
        ],
        users,
        style,
      ),
  });
}

/** `serve user permissions`. */
export async function showPermissions(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const authId = values.requiredText("auth-id");
  const server = serverAdministration(values, context);
  const { accounts, rules, datastores } = await server.config();
  if (!accounts.some((account) => account.authId === authId)) {
    throw new NotFoundError(`there is no user or token "${authId}"`);
  }
  const granted = new AccessRules(rules);
  const path = values.text("path");
  const paths = path === undefined
    ? [...new Set([...granted.paths, ...datastores.map(({ name }) => `/datastore/${name}`)])].sort()
    : [path];
  const rows = paths.flatMap((path) =>
    [...granted.privileges(authId, path)].sort()
      .map(([privilege, propagate]) => ({ path, privilege, propagate }))
  );
  printTable(values, context, {
    json: Object.fromEntries(
      [...Map.groupBy(rows, ({ path }) => path)].map(([path, of]) => [
        path,
        Object.fromEntries(of.map(({ privilege, propagate }) => [privilege, propagate])),
      ]),
    ),
    text: (style) =>
      renderList(
        [
          { title: "path", cell: (row) => row.path },
          { title: "privilege", cell: (row) => row.privilege },
          { title: "propagate", cell: (row) => row.propagate ? "yes" : "no" },
        ],
        rows,
        style,
      ),
  });
}

/** What the options of an account say. */
export function accountChange(values: CommandValues): AccountChange {
  return {
    enabled: values.has("enable") ? values.flag("enable") : undefined,
    expire: values.integer("expire"),
    comment: values.text("comment"),
  };
}

/** When an account ends, as tables show it. */
export function formatExpiry(expire: number): string {
  return expire === 0 ? "never" : formatDate(expire);
}

async function changeUser(
  values: CommandValues,
  context: CommandContext,
  change: AccountChange,
): Promise<void> {
  const userId = values.requiredText("userid");
  await serverAdministration(values, context).updateUser(userId, change);
}
