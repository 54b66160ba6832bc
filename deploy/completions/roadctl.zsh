#compdef roadctl
# SPDX-License-Identifier: BSD-3-Clause
# What comes next is for roadctl to say.
compadd -- ${(f)"$(roadctl complete ${words[2,CURRENT-1]} 2>/dev/null)"}
