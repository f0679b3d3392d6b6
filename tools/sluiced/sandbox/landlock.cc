#include "landlock.h"

#if defined(__linux__)
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "../../../reactor/base/fd.h"
#include "../../../reactor/base/text/quote.h"
#include "landlock_abi.h"
#endif

namespace sluice::tools::daemon {

constexpr const char* kName = "landlock";

#if defined(__linux__)
namespace {

using namespace landlock;

constexpr int kNewestAbi = 7;  // that this code makes use of

SandboxLayer missing(const std::string& what) {
  return {kName, false, what + ": " + std::generic_category().message(errno)};
}

std::uint64_t file_system_rights(int abi) noexcept {
  std::uint64_t rights = kRefer - 1;  // all of version 1
  if (abi >= 2) rights |= kRefer;
  if (abi >= 3) rights |= kTruncate;
  if (abi >= 5) rights |= kIoctlDev;
  return rights;
}

std::uint64_t rights_of(PathUse use) noexcept {
  switch (use) {
    case PathUse::read:
      return kReadFile | kReadDir;
    case PathUse::execute:
      return kReadFile | kReadDir | kExecute;
    case PathUse::log:
      return kMakeReg | kWriteFile;
    case PathUse::sockets:
      break;
  }
  return kMakeSock | kRemoveFile;
}

// Only these rights are valid for a file that is not a folder.
constexpr std::uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;

// False, with errno, if it cannot be added; a path that does not exist needs no rule.
bool add_path(int ruleset, const PathRule& rule, std::uint64_t handled) {
  const Fd path(::open(rule.path.c_str(), O_PATH | O_CLOEXEC));
  if (!path) return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
  struct stat status {};
  if (::fstat(path.get(), &status) != 0) return false;
  std::uint64_t rights = rights_of(rule.use) & handled;
  if (!S_ISDIR(status.st_mode)) rights &= kOfFiles;
  if (rights == 0) return true;
  const PathBeneathAttributes attributes{rights, path.get()};
  return ::syscall(kAddRule, ruleset, kRulePathBeneath, &attributes, 0U) == 0;
}

bool add_port(int ruleset, std::uint16_t port) noexcept {
  const NetPortAttributes attributes{kConnectTcp, port};
  return ::syscall(kAddRule, ruleset, kRuleNetPort, &attributes, 0U) == 0;
}

std::string describe(int abi) {
  std::string text = "ABI " + std::to_string(abi) + ": files";
  if (abi >= 4) text += ", TCP";
  if (abi >= 6) text += ", signals and abstract sockets";
  return text;
}

}  // namespace

int landlock_abi() noexcept {
  const long version = ::syscall(kCreateRuleset, nullptr, std::size_t{0}, kCreateRulesetVersion);
  return version > 0 ? static_cast<int>(version) : 0;
}

SandboxLayer apply_landlock(const LandlockPlan& plan) {
  const int abi = std::min(landlock_abi(), kNewestAbi);
  if (abi == 0) return missing("the kernel has none, or it is not enabled");
  RulesetAttributes attributes{};
  attributes.handled_access_fs = file_system_rights(abi);
  if (abi >= 4) {
    attributes.handled_access_net = kConnectTcp | (plan.may_bind_tcp ? 0 : kBindTcp);
  }
  if (abi >= 6) attributes.scoped = kScopeAbstractUnixSocket | kScopeSignal;
  const Fd ruleset(static_cast<int>(::syscall(kCreateRuleset, &attributes, sizeof attributes, 0U)));
  if (!ruleset) return missing("no set of rules can be made");
  for (const PathRule& rule : plan.paths) {
    if (!add_path(ruleset.get(), rule, attributes.handled_access_fs)) {
      return missing("no rule can be made for " + quote(rule.path));
    }
  }
  for (const std::uint16_t port : abi >= 4 ? plan.connect_tcp : std::vector<std::uint16_t>()) {
    if (!add_port(ruleset.get(), port)) {
      return missing("no rule can be made for the port " + std::to_string(port));
    }
  }
  if (::syscall(kRestrictSelf, ruleset.get(), 0U) == 0) return {kName, true, describe(abi)};
  // So many programs, each started by the one before in an upgrade, have confined themselves.
  if (errno == E2BIG) return {kName, true, "inherited from the program that was upgraded"};
  return missing("the rules cannot be applied");
}

#else

int landlock_abi() noexcept { return 0; }

SandboxLayer apply_landlock(const LandlockPlan& /*plan*/) {
  return {kName, false, "this system has none"};
}

#endif

}  // namespace sluice::tools::daemon
