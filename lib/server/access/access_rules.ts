import { ALL_PRIVILEGES, type Privilege, type PrivilegeSet, ROLES } from "./privileges.ts";

/** A rule: the role that a user or token has at a path. */
export interface AccessRule {
  /** `/`, `/datastore/store1`, `/datastore/store1/namespace/…`. */
  readonly path: string;
  readonly authId: string;
  readonly roles: readonly string[];
  /** Whether it also holds below the path. */
  readonly propagate: boolean;
}

/** Privileges that somebody has at a path, and whether each holds below it as well. */
export type GrantedPrivileges = ReadonlyMap<Privilege, boolean>;

const NOTHING: GrantedPrivileges = new Map();
const SUPERUSER = "root@pam";

/**
 * The access control list: rules at paths, inherited downwards, where a rule at a deeper path
 * replaces what the same auth id inherits (spec: protocol.md §2.9).
 */
export class AccessRules {
  readonly #rules: ReadonlyMap<string, readonly AccessRule[]>;

  /** @param rules In any order. */
  constructor(rules: readonly AccessRule[]) {
    this.#rules = Map.groupBy(rules, (rule) => rule.path);
  }

  /** The paths that have rules. */
  get paths(): string[] {
    return [...this.#rules.keys()].sort();
  }

  /** Privileges of somebody at a path. A token has at most what its user has. */
  privileges(authId: string, path: string): GrantedPrivileges {
    const mark = authId.indexOf("!");
    if (mark < 0) return this.#granted(authId, path);
    const user = this.#granted(authId.slice(0, mark), path);
    const both = new Map<Privilege, boolean>();
    for (const [privilege, propagates] of this.#granted(authId, path)) {
      const ofUser = user.get(privilege);
      if (ofUser !== undefined) both.set(privilege, propagates && ofUser);
    }
    return both;
  }

  /** Whether somebody has one of the privileges at a path. */
  hasAny(authId: string, path: string, wanted: readonly Privilege[]): boolean {
    const granted = this.privileges(authId, path);
    return wanted.some((privilege) => granted.has(privilege));
  }

  /** Whether somebody has one of the privileges at a path or at any path below it. */
  hasAnyAtOrBelow(authId: string, path: string, wanted: readonly Privilege[]): boolean {
    if (this.hasAny(authId, path, wanted)) return true;
    return this.paths.some((each) =>
      each.startsWith(`${path}/`) && this.hasAny(authId, each, wanted)
    );
  }

  #granted(authId: string, path: string): GrantedPrivileges {
    if (authId === SUPERUSER) return grant(ALL_PRIVILEGES, true, new Map());
    let granted = NOTHING;
    const prefixes = ["/"];
    for (const component of path.split("/").filter((text) => text !== "")) {
      prefixes.push(`${prefixes.at(-1)!.replace(/\/$/, "")}/${component}`);
    }
    for (const prefix of prefixes) {
      const here = (this.#rules.get(prefix) ?? []).filter((rule) =>
        rule.authId === authId && (rule.propagate || prefix === prefixes.at(-1))
      );
      if (here.length === 0) continue;
      const replaced = new Map<Privilege, boolean>();
      for (const { roles, propagate } of here) {
        for (const role of roles) grant(ROLES.get(role) ?? new Set(), propagate, replaced);
      }
      granted = replaced;
    }
    return granted;
  }
}

function grant(
  privileges: PrivilegeSet,
  propagate: boolean,
  into: Map<Privilege, boolean>,
): GrantedPrivileges {
  for (const privilege of privileges) {
    into.set(privilege, propagate || into.get(privilege) === true);
  }
  return into;
}

/** The path of the rules about a namespace of a datastore of a remote. */
export function remoteAclPath(remote: string, store: string, namespace: string): string {
  return `/remote${namespaceAclPath(`${remote}/${store}`, namespace).slice("/datastore".length)}`;
}

/** The path of a namespace's rules. */
export function namespaceAclPath(store: string, namespace: string): string {
  return namespace === "" ? `/datastore/${store}` : `/datastore/${store}/${namespace}`;
}
