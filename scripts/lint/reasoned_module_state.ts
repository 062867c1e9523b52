/** Sources of the program; tests and scripts live for one run. */
const JUDGED = /\/(?:lib|cli|ffi)\//;
const TESTS = /_test\.ts$/;
/** Containers that are made empty, to be filled later. */
const CONTAINERS = new Set(["Map", "Set", "WeakMap", "WeakSet"]);

/**
 * A lint rule for state of a module, which has no owner and outlives whatever it was made for: it needs
 * a comment that says why. Tables that are complete when they are made are no state.
 */
const plugin: Deno.lint.Plugin = {
  name: "pbs-state",
  rules: {
    "reasoned-module-state": {
      create(context) {
        const { filename, sourceCode } = context;
        if (!JUDGED.test(filename) || TESTS.test(filename)) return {};
        return {
          "Program > VariableDeclaration"(node: Deno.lint.VariableDeclaration) {
            const isState = node.kind !== "const" ||
              node.declarations.some(({ init }) => init !== null && isEmptyContainer(init));
            if (!isState || sourceCode.getCommentsBefore(node).length > 0) return;
            context.report({
              node,
              message: "state of a module: give it an owner, or say in a comment why it has none",
            });
          },
        };
      },
    },
  },
};

function isEmptyContainer(node: Deno.lint.Expression): boolean {
  if (node.type === "ArrayExpression") return node.elements.length === 0;
  return node.type === "NewExpression" && node.callee.type === "Identifier" &&
    CONTAINERS.has(node.callee.name) && node.arguments.length === 0;
}

export default plugin;
