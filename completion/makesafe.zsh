# Completes makesafe's targets, their variables and environments behind make and `npx makesafe`. In ~/.zshrc, behind
# compinit:
#
#   source <(npx makesafe completion zsh)
#
# zsh's own completion of make is asked as well.

_makesafe_candidates() {
  local folder=$PWD program
  # The package in node_modules or in a folder of its own, or makesafe's own repository.
  while true; do
    for program in $folder/node_modules/makesafe/bin/makesafe.js $folder/.makesafe/node_modules/makesafe/bin/makesafe.js $folder/bin/makesafe.js; do
      if [[ -f $program ]]; then
        node $program complete "$@" 2>/dev/null
        return
      fi
    done
    [[ $folder == / ]] && return
    folder=${folder:h}
  done
}

_makesafe() {
  local -a given found
  given=("${(@)words[2,CURRENT]}")
  found=(${(f)"$(_makesafe_candidates "${given[@]}")"})
  # A variable is followed by its value, everything else by a blank.
  compset -P '*='
  local -a values=(${${(M)found:#*=?*}#*=}) folders variables=(${(M)found:#*=}) targets=(${found:#*=*})
  # In a folder there is more to choose.
  folders=(${(M)values:#*/}) values=(${values:#*/})
  (( $#folders )) && compadd -S '' -- $folders
  (( $#values )) && compadd -- $values
  (( $#variables )) && compadd -S '' -- $variables
  (( $#targets )) && compadd -- $targets
  [[ ${words[1]} == npx || $#found -gt 0 ]] || _make "$@"
}

_makesafe_npx() {
  if [[ ${words[2]} == makesafe && CURRENT -gt 2 ]]; then _makesafe "$@"; else _default "$@"; fi
}

autoload -Uz _make
compdef _makesafe make gmake
compdef _makesafe_npx npx
