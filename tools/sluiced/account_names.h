// Looks up the hosts of a configuration in a short-lived process that is not root.
//
// What it is: listen_names.h for a process that keeps its privileges, and so must not read the
// answers of a name server. A child keeps no descriptor but the standard streams, becomes the
// account, asks, and writes each address as a line. If a line is not an address with the requested
// port, the whole answer is refused.
// Lifetime: the destructor ends a child that has not finished. Thread: the main one.
// Errors: std::runtime_error that names the endpoint and the reason, std::system_error.
#ifndef SLUICE_TOOLS_SLUICED_ACCOUNT_NAMES_H
#define SLUICE_TOOLS_SLUICED_ACCOUNT_NAMES_H

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "../../reactor/base/fd.h"
#include "sandbox/account.h"
#include "settings/listen_spec.h"

namespace sluice::tools::daemon {

class AccountNames {
 public:
  static constexpr std::chrono::seconds kDeadline{60};
  static constexpr std::size_t kMaxAnswer = std::size_t{1} << 20U;  // bytes

  // Starts the child.
  AccountNames(std::vector<ListenSpec> specs, const Account& account);
  AccountNames(const AccountNames&) = delete;
  AccountNames& operator=(const AccountNames&) = delete;
  ~AccountNames();

  // Readable when read() has something to do.
  [[nodiscard]] int fd() const noexcept { return answer_.get(); }
  // Reads what is there, or waits for something if fd() blocks. True when the child has ended.
  bool read();
  // The specs in their order, a named one once for each address. REQUIRES: read() was true.
  [[nodiscard]] std::vector<ListenSpec> specs() const;

 private:
  std::vector<ListenSpec> specs_;
  Fd answer_;
  pid_t child_ = -1;
  std::string text_;
};

// The specs with the addresses in the lines of `text`. Throws std::runtime_error. Declared for its
// test.
std::vector<ListenSpec> with_addresses(const std::vector<ListenSpec>& specs, std::string_view text);

// Waits meanwhile.
std::vector<ListenSpec> look_up_names_as(const Account& account, std::vector<ListenSpec> specs);

}  // namespace sluice::tools::daemon

#endif
