# SPDX-License-Identifier: BSD-3-Clause
# What comes next is for roadctl to say.
complete -c roadctl -f -a '(roadctl complete (commandline -opc)[2..] 2>/dev/null)'
