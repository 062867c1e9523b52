/** A dollar sign that starts no placeholder. */
const $ = "$";

/** The completion script for bash 4.4 and later, which needs no package beside bash. */
export function bashScript(program: string): string {
  const name = program.replaceAll("-", "_");
  return String.raw`# Completion of ${program} for bash, printed by "${program} completion bash".
_${name}_complete() {
    local program=$1 kind word typed kept text description
    COMPREPLY=()
    [[ $program != '~/'* ]] || program=$HOME/${$}{program#'~/'}
    {
        IFS= read -r kind && IFS= read -r word || return 0
        if [[ $kind == path ]]; then
            compopt -o filenames -o default 2>/dev/null
            return 0
        fi
        # Bash replaces $2 only: what follows the last of COMP_WORDBREAKS, as it was typed.
        typed=$2
        if [[ $typed == [\"\']* ]]; then typed=${$}{typed:1}; else typed=${$}{typed//\\/}; fi
        [[ $word == *"$typed" ]] || return 0
        kept=${$}{word%"$typed"}
        while IFS=$'\t' read -r text description; do
            text=${$}{text#"$kept"}
            [[ -z $text || $2 == [\"\']* ]] || printf -v text %q "$text"
            COMPREPLY+=("$text")
        done
    } < <(COMP_LINE=$COMP_LINE COMP_POINT=$COMP_POINT "$program" __complete 2>/dev/null)
    if [[ ${$}{#COMPREPLY[@]} == 1 && ${$}{COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
    return 0
}
complete -F _${name}_complete ${program}
`;
}
