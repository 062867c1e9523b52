import type { Route } from "./route.ts";
import { decodeComponent } from "./request_target.ts";

/** A route that fits a request. */
export interface RouteMatch<R> {
  readonly route: R;
  readonly variables: ReadonlyMap<string, string>;
}

interface Node<R> {
  readonly children: Map<string, Node<R>>;
  variable: { readonly name: string; readonly node: Node<R> } | undefined;
  readonly routes: Map<string, R>;
}

/** Finds routes by path and method. */
export class RouteTable<R extends Pick<Route<never>, "method" | "path">> {
  readonly #root: Node<R> = newNode();

  /** @throws {TypeError} if two routes cannot be told apart. */
  constructor(routes: readonly R[]) {
    for (const route of routes) {
      let node = this.#root;
      for (const component of route.path.split("/").filter((text) => text !== "")) {
        const name = /^\{(.+)\}$/.exec(component)?.[1];
        if (name === undefined) {
          const child = node.children.get(component) ?? newNode();
          node.children.set(component, child);
          node = child;
        } else {
          node.variable ??= { name, node: newNode() };
          if (node.variable.name !== name) throw new TypeError(`ambiguous route ${route.path}`);
          node = node.variable.node;
        }
      }
      if (node.routes.has(route.method)) throw new TypeError(`route ${route.path} exists twice`);
      node.routes.set(route.method, route);
    }
  }

  /**
   * @param components Of the path below the API's root, still percent-encoded.
   * @returns The route, or what lies below a path that has no handler of its own for GET.
   */
  find(
    method: string,
    components: readonly string[],
  ): RouteMatch<R> | readonly string[] | undefined {
    let node = this.#root;
    const variables = new Map<string, string>();
    for (const component of components) {
      const text = decodeComponent(component);
      if (text === undefined) return undefined;
      const child = node.children.get(text);
      if (child !== undefined) node = child;
      else if (node.variable !== undefined) {
        variables.set(node.variable.name, text);
        node = node.variable.node;
      } else return undefined;
    }
    const route = node.routes.get(method);
    if (route !== undefined) return { route, variables };
    return method === "GET" && node.children.size > 0
      ? [...node.children.keys()].sort()
      : undefined;
  }
}

function newNode<R>(): Node<R> {
  return { children: new Map(), variable: undefined, routes: new Map() };
}
