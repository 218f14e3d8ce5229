#!/bin/sh
# Writes a C++ source that holds what assemble.sh prints: embed_library.sh ASSEMBLE_SH OUT
set -eu
{
  printf '// Written by embed_library.sh.\n#include "gateway/routing/simulation/functions_library.h"\n\n'
  printf 'namespace kefu::gateway::routing::simulation {\n\n'
  printf 'const std::string_view kFunctionsLibrary = R"KEFULUA('
  "$1" gateway --callers-clock
  printf ')KEFULUA";\n\n}  // namespace kefu::gateway::routing::simulation\n'
} > "$2.new"
mv "$2.new" "$2"
