/** Sources whose comments become documentation. */
const JUDGED = /\/(?:lib|cli|ffi)\//;
/** A question in place of a name: "What a run counts" instead of "Counters of a run". */
const QUESTION = /^\*[\s*]*(?:What|Where)\b/;

/** A lint rule that has docstrings lead with the noun. */
const plugin: Deno.lint.Plugin = {
  name: "pbs-docs",
  rules: {
    "leading-noun": {
      create(context) {
        const { filename, sourceCode } = context;
        if (!JUDGED.test(filename)) return {};
        return {
          "Program:exit"() {
            for (const comment of sourceCode.getAllComments()) {
              if (comment.type !== "Block" || !QUESTION.test(comment.value)) continue;
              context.report({
                range: comment.range,
                message: "begin with the noun: what is it, not what does it answer",
              });
            }
          },
        };
      },
    },
  },
};

export default plugin;
