// The settings of each channel of a resolver: servers, timeouts, and the host's search rules.
//
// What it is: the contents of /etc/resolv.conf, /etc/nsswitch.conf and the environment as c-ares
// reads them, read once. A channel that is made later opens no file, except for c-ares's random
// key.
// Thread: the loop's. Errors: the constructor throws the exceptions of Resolver's.
#ifndef SLUICE_REACTOR_NAMES_ARES_SETTINGS_H
#define SLUICE_REACTOR_NAMES_ARES_SETTINGS_H

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "../base/address.h"
#include "resolver_types.h"
#include "search_steps.h"

struct ares_channeldata;

namespace sluice {

class AresSettings {
 public:
  using OnSocket = void (*)(void* argument, int fd, int readable, int writable);

  explicit AresSettings(const ResolverOptions& options);
  AresSettings(const AresSettings&) = delete;
  AresSettings& operator=(const AresSettings&) = delete;
  ~AresSettings();

  [[nodiscard]] const SearchRules& search() const noexcept { return search_; }
  [[nodiscard]] std::chrono::milliseconds try_timeout() const noexcept { return try_timeout_; }
  [[nodiscard]] std::vector<Address> servers() const;
  [[nodiscard]] std::size_t count_of_servers() const noexcept;
  // The caller owns the channel and must call ares_destroy(). Throws std::bad_alloc.
  [[nodiscard]] ares_channeldata* open(OnSocket on_socket, void* argument) const;

 private:
  struct Saved;

  std::chrono::milliseconds try_timeout_;
  SearchRules search_;
  std::unique_ptr<Saved> saved_;
};

}  // namespace sluice

#endif
