# SPDX-License-Identifier: BSD-3-Clause
_ringroad() {
  local word=${COMP_WORDS[COMP_CWORD]}
  case $COMP_CWORD in
    1) mapfile -t COMPREPLY < <(compgen -W "run check version" -- "$word") ;;
    2) mapfile -t COMPREPLY < <(compgen -f -X '!*.y*ml' -- "$word") ;;
  esac
}
complete -o default -F _ringroad ringroad
