/** A dollar sign that starts no placeholder. */
const $ = "$";

/** The completion script for zsh: to be sourced after `compinit`, or a file `_PROGRAM` of `$fpath`. */
export function zshScript(program: string): string {
  return String.raw`#compdef ${program}
# Completion of ${program} for zsh, printed by "${program} completion zsh".
_${program}() {
    local -a typed answer closed open
    local line text
    local program=${$}{(Q)words[1]}
    program=${$}{program/#\~\//$HOME/}
    typed=("${$}{(@Q)words[1,CURRENT-1]}" "${$}{(Q)PREFIX}")
    line="${$}{(j: :)${$}{(@qq)typed}}"
    answer=("${$}{(@f)$(COMP_LINE=$line COMP_POINT=$#line $program __complete 2>/dev/null)}")
    case $answer[1] in
        path) _files; return ;;
        words) ;;
        *) return 1 ;;
    esac
    for line in "${$}{(@)answer[3,-1]}"; do
        # _describe splits at the first colon that has no backslash in front.
        text=${$}{${$}{${$}{line%%$'\t'*}//\\/\\\\}//:/\\:}
        if [[ ${$}{line%%$'\t'*} == *[/:=] ]]; then
            open+=("$text${$}{${$}{(M)line%%$'\t'*}/#$'\t'/:}")
        else
            closed+=("$text${$}{${$}{(M)line%%$'\t'*}/#$'\t'/:}")
        fi
    done
    _describe -t values value closed -- open -S ''
}
if [[ $funcstack[1] == _${program} ]]; then
    _${program} "$@"
else
    compdef _${program} ${program}
fi
`;
}
