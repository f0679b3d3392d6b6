#include "program.h"

#include <cstdio>
#include <exception>

#include "standard_streams.h"
#include "usage_error.h"

namespace sluice {

int run_program(const char* name, const std::function<int()>& run) noexcept {
  try {
    occupy_standard_streams();
    return run();
  } catch (const UsageError& error) {
    std::fprintf(stderr, "%s: %s\n%s: --help says what is allowed\n", name, error.what(), name);
    return kWrongUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return kProgramFailed;
  }
}

}  // namespace sluice
