// The build without child processes; its types are those of the others.
// @ts-types="npm:recheck@4.5.0"
import recheck from "recheck";

/** Sources that see bytes from outside; tests choose their own input. */
const JUDGED = /\/(?:lib|cli|ffi|page)\//;
const TESTS = /_test\.ts$/;
const RULE = "pbs/linear-regular-expression";
const REMEDY = "write it so that no two ways lead to the same match, or without a pattern";

/**
 * A lint rule that keeps out regular expressions whose time grows faster than their input: a backtracking
 * search must not be what a stranger's header, name or file costs most. What it cannot decide counts as
 * bad as well, and an exception needs a reason behind `--`.
 */
const plugin: Deno.lint.Plugin = {
  name: "pbs",
  rules: {
    "linear-regular-expression": {
      create(context) {
        const { filename, sourceCode } = context;
        if (!JUDGED.test(filename) || TESTS.test(filename)) return {};
        const constants = new Map<string, string>();
        const judge = (node: Deno.lint.Node, pattern: string, flags: string) => {
          const objection = objectionTo(pattern, flags);
          if (objection !== undefined) context.report({ node, message: objection });
        };
        const construct = (node: Deno.lint.NewExpression | Deno.lint.CallExpression) => {
          if (node.callee.type !== "Identifier" || node.callee.name !== "RegExp") return;
          const [pattern, flags] = node.arguments.map((each) => textOf(each, constants));
          if (pattern !== undefined && (node.arguments.length < 2 || flags !== undefined)) {
            judge(node, pattern, flags ?? "");
          } else {
            context.report({
              node,
              message:
                "the pattern is not known here: write a literal, or compose it of constants " +
                "of this file",
            });
          }
        };
        return {
          VariableDeclarator(node) {
            if (node.id.type !== "Identifier" || node.init === null) return;
            const text = textOf(node.init, constants);
            if (text !== undefined && node.parent.kind === "const") {
              constants.set(node.id.name, text);
            }
          },
          Literal(node) {
            if ("regex" in node && node.regex) {
              judge(node, node.regex.pattern, node.regex.flags);
            }
          },
          NewExpression: construct,
          CallExpression: construct,
          "Program:exit"(node: Deno.lint.Program) {
            for (const comment of sourceCode.getAllComments()) {
              if (/^ *deno-lint-ignore/.test(comment.value) && comment.value.includes(RULE)) {
                if (/ -- \S/.test(comment.value)) continue;
                context.report({
                  node,
                  message: `an exception from ${RULE} has no reason behind "--"`,
                });
              }
            }
          },
        };
      },
    },
  },
};

export default plugin;

/** What is wrong with a pattern, if anything. The judgement does not depend on time or chance. */
function objectionTo(pattern: string, flags: string): string | undefined {
  const verdict = recheck.checkSync(pattern, flags, {
    checker: "automaton",
    timeout: 60_000,
    maxNFASize: 20_000,
    maxPatternSize: 1_500,
  });
  switch (verdict.status) {
    case "safe":
      return undefined;
    case "vulnerable":
      return `takes ${verdict.complexity.summary} time on ${verdict.attack.pattern}: ${REMEDY}`;
    default:
      return `its time cannot be foreseen (${verdict.error.kind}): ${REMEDY}`;
  }
}

/** The text of a string, a template or a sum of them, made of literals and constants. */
function textOf(node: Deno.lint.Node, constants: ReadonlyMap<string, string>): string | undefined {
  switch (node.type) {
    case "Literal":
      return typeof node.value === "string" ? node.value : undefined;
    case "Identifier":
      return constants.get(node.name);
    case "BinaryExpression":
      return node.operator === "+"
        ? joined([textOf(node.left, constants), textOf(node.right, constants)])
        : undefined;
    case "TaggedTemplateExpression":
      return sourceIsRaw(node) ? templateText(node.quasi, constants, "raw") : undefined;
    case "TemplateLiteral":
      return templateText(node, constants, "cooked");
    default:
      return undefined;
  }
}

function sourceIsRaw({ tag }: Deno.lint.TaggedTemplateExpression): boolean {
  return tag.type === "MemberExpression" && tag.object.type === "Identifier" &&
    tag.object.name === "String" && tag.property.type === "Identifier" &&
    tag.property.name === "raw";
}

function templateText(
  { quasis, expressions }: Deno.lint.TemplateLiteral,
  constants: ReadonlyMap<string, string>,
  form: "raw" | "cooked",
): string | undefined {
  return joined(
    quasis.flatMap((quasi, i) => [
      quasi[form],
      i < expressions.length ? textOf(expressions[i]!, constants) : "",
    ]),
  );
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join("");
}
