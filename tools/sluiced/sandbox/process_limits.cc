#include "process_limits.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <system_error>

namespace sluice::tools::daemon {
namespace {

constexpr const char* kName = "limits";

template <class Resource>
bool set_to_none(Resource resource) noexcept {
  const rlimit none{0, 0};
  return ::setrlimit(resource, &none) == 0;
}

}  // namespace

SandboxLayer apply_limits(const ProcessLimits& limits) {
  std::string detail = "no core dumps";
  bool done = set_to_none(RLIMIT_CORE);
  if (done && limits.no_processes) {
    done = set_to_none(RLIMIT_NPROC);
    detail += ", no processes";
  }
  if (done && limits.no_file_growth) {
    std::signal(SIGXFSZ, SIG_IGN);  // write() fails instead
    done = set_to_none(RLIMIT_FSIZE);
    detail += ", no files";
  }
  if (done) return {kName, true, detail};
  return {kName, false, "setrlimit: " + std::generic_category().message(errno)};
}

bool is_regular_file(int descriptor) noexcept {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace sluice::tools::daemon
