// Precompiled for the library.
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "config/model.hpp"
