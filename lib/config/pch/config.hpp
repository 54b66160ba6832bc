// SPDX-License-Identifier: BSD-3-Clause
// Precompiled for the library.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "config/model.hpp"
