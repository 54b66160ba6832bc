# SPDX-License-Identifier: BSD-3-Clause
# What comes next is for roadctl to say.
_roadctl() {
  local word=${COMP_WORDS[COMP_CWORD]}
  mapfile -t COMPREPLY < <(compgen -W "$(roadctl complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$word")
}
complete -o default -F _roadctl roadctl
