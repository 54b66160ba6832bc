// SPDX-License-Identifier: BSD-3-Clause
// The library's precompiled header.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "config/model.hpp"
