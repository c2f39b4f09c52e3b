# Completes makesafe's targets, their variables and environments behind make and `npx makesafe`. In ~/.bashrc:
#
#   source <(npx makesafe completion bash)
#
# What completed make before (bash-completion) is still asked for everything else.

_makesafe_candidates() {
  local folder=$PWD program
  # The package in node_modules or in a folder of its own, or makesafe's own repository.
  while :; do
    for program in "$folder/node_modules/makesafe/bin/makesafe.js" "$folder/.makesafe/node_modules/makesafe/bin/makesafe.js" "$folder/bin/makesafe.js"; do
      if [[ -f $program ]]; then
        node "$program" complete "$@" 2>/dev/null
        return
      fi
    done
    [[ $folder == / || -z $folder ]] && return
    folder=${folder%/*}
  done
}

_makesafe() {
  # readline may have split words at = and :, so the line is split anew.
  local -a words
  local line=${COMP_LINE:0:COMP_POINT} current candidate kept
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=${words[-1]}
  words=("${words[@]:1}")

  COMPREPLY=()
  if [[ -n ${_makesafe_before:-} && $current != *=* && $1 != npx ]]; then "$_makesafe_before" "$@"; fi
  # readline replaces what stands behind the last =, where that separates words.
  [[ $current == *=* && $COMP_WORDBREAKS == *=* ]] && kept=${current%%=*}= || kept=
  while IFS= read -r candidate; do
    COMPREPLY+=("${candidate#"$kept"}")
    [[ $candidate == *= || $candidate == */ ]] && compopt -o nospace 2>/dev/null
  done < <(_makesafe_candidates "${words[@]}")
}

_makesafe_npx() {
  [[ ${COMP_WORDS[1]:-} == makesafe ]] && _makesafe "$@"
}

# bash-completion loads what is for make when it is first needed.
if ! complete -p make &>/dev/null; then
  if declare -F _comp_load >/dev/null; then _comp_load make; elif declare -F _completion_loader >/dev/null; then _completion_loader make; fi
fi
_makesafe_found=$(complete -p make 2>/dev/null | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
[[ $_makesafe_found == _makesafe ]] || _makesafe_before=$_makesafe_found
complete -F _makesafe make
complete -o default -F _makesafe_npx npx
