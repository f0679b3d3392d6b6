// Landlock's part of Linux's interface, by number: the headers of a system may be older than its
// kernel, or than this code.
//
// Source: Linux, include/uapi/linux/landlock.h and Documentation/userspace-api/landlock.rst.
#ifndef SLUICE_TOOLS_SLUICED_SANDBOX_LANDLOCK_ABI_H
#define SLUICE_TOOLS_SLUICED_SANDBOX_LANDLOCK_ABI_H

#include <cstdint>

namespace sluice::tools::daemon::landlock {

// The same numbers on all architectures.
inline constexpr long kCreateRuleset = 444;
inline constexpr long kAddRule = 445;
inline constexpr long kRestrictSelf = 446;

inline constexpr std::uint32_t kCreateRulesetVersion = 1;
inline constexpr std::uint32_t kRulePathBeneath = 1;
inline constexpr std::uint32_t kRuleNetPort = 2;

enum Access : std::uint64_t {
  kExecute = 1ULL << 0,
  kWriteFile = 1ULL << 1,
  kReadFile = 1ULL << 2,
  kReadDir = 1ULL << 3,
  kRemoveDir = 1ULL << 4,
  kRemoveFile = 1ULL << 5,
  kMakeChar = 1ULL << 6,
  kMakeDir = 1ULL << 7,
  kMakeReg = 1ULL << 8,
  kMakeSock = 1ULL << 9,
  kMakeFifo = 1ULL << 10,
  kMakeBlock = 1ULL << 11,
  kMakeSym = 1ULL << 12,
  kRefer = 1ULL << 13,     // since ABI 2
  kTruncate = 1ULL << 14,  // since ABI 3
  kIoctlDev = 1ULL << 15,  // since ABI 5
};

inline constexpr std::uint64_t kBindTcp = 1ULL << 0;     // since ABI 4
inline constexpr std::uint64_t kConnectTcp = 1ULL << 1;  // since ABI 4

inline constexpr std::uint64_t kScopeAbstractUnixSocket = 1ULL << 0;  // since ABI 6
inline constexpr std::uint64_t kScopeSignal = 1ULL << 1;              // since ABI 6

// A kernel that is older than a member ignores it if it is 0.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

struct __attribute__((packed)) PathBeneathAttributes {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};

struct NetPortAttributes {
  std::uint64_t allowed_access;
  std::uint64_t port;
};

}  // namespace sluice::tools::daemon::landlock

#endif
