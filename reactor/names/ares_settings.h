// What every channel of a resolver is made with: servers, times, and the host's rules of search.
//
// What it is: /etc/resolv.conf, /etc/nsswitch.conf and the environment as c-ares reads them, read
// once; a channel that is made later opens no file but for c-ares's random key.
// Thread: the loop's. Errors: the constructor throws what Resolver's does.
#ifndef SLUICE_REACTOR_NAMES_ARES_SETTINGS_H
#define SLUICE_REACTOR_NAMES_ARES_SETTINGS_H

#include <chrono>
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
  // Throws std::bad_alloc. The caller's; ares_destroy() ends it.
  [[nodiscard]] ares_channeldata* open(OnSocket on_socket, void* argument) const;

 private:
  struct Saved;

  std::chrono::milliseconds try_timeout_;
  SearchRules search_;
  std::unique_ptr<Saved> saved_;
};

}  // namespace sluice

#endif
