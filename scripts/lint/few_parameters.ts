/** More words than these cannot be told apart by their position. */
const MAX_PARAMETERS = 5;

/** A node that has parameters. */
type Callable =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression
  | Deno.lint.TSDeclareFunction
  | Deno.lint.TSEmptyBodyFunctionExpression
  | Deno.lint.TSMethodSignature;

/** A lint rule that has a function with six and more parameters take an object instead. */
const plugin: Deno.lint.Plugin = {
  name: "pbs-parameters",
  rules: {
    "few-parameters": {
      create(context) {
        const judge = (node: Callable) => {
          if (node.params.length <= MAX_PARAMETERS) return;
          context.report({
            node,
            message: `${node.params.length} parameters: take an object whose members have names`,
          });
        };
        return {
          FunctionDeclaration: judge,
          FunctionExpression: judge,
          ArrowFunctionExpression: judge,
          TSDeclareFunction: judge,
          TSEmptyBodyFunctionExpression: judge,
          TSMethodSignature: judge,
        };
      },
    },
  },
};

export default plugin;
