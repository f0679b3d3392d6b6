// c-ares on a loop's watchers and one of its timers. For Resolver alone.
//
// What it is: the door to c-ares; only the ares_*.cc files include <ares.h>. It asks, and hands on
// what comes back, in the order in which it comes.
// Lifetime: must go before its loop. It must not be called from its owner's functions, which run
// inside of c-ares: that allows neither ares_destroy() nor ares_cancel() there.
// Thread: the loop's.
// Errors: the constructor throws what Resolver's does. ask_*() may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_NAMES_ARES_CHANNEL_H
#define SLUICE_REACTOR_NAMES_ARES_CHANNEL_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "../base/address.h"
#include "../loop/loop.h"
#include "../loop/timer.h"
#include "../loop/watcher.h"
#include "ares_sockets.h"
#include "resolver_types.h"

struct ares_channeldata;

namespace sluice {

class AresChannel {
 public:
  class Owner {
   public:
    virtual void on_addresses(std::uint64_t number, std::error_code error,
                              std::vector<Address> addresses) noexcept = 0;
    virtual void on_names(std::uint64_t number, std::error_code error,
                          std::vector<std::string> names) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  AresChannel(Loop& loop, const ResolverOptions& options, Owner& owner);
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;
  ~AresChannel();

  // The answer bears `number`, which the channel does not look at. It may come inside of the call.
  void ask_addresses(std::uint64_t number, const std::string& host, std::uint16_t port, int family);
  void ask_names(std::uint64_t number, const Address& address);
  // What /etc/hosts says, at once, IPv6 first. May throw std::bad_alloc.
  [[nodiscard]] std::vector<Address> addresses_in_file(const std::string& host, std::uint16_t port,
                                                       int family);
  // Ends all that is asked, silently.
  void abandon() noexcept;
  [[nodiscard]] std::size_t asked() const noexcept { return asked_; }

 private:
  struct Question;
  class Socket;
  struct Callbacks;  // the functions that c-ares calls

  void open_files();
  void close() noexcept;
  void open(const ResolverOptions& options, int flags);
  void watch(int fd, int events) noexcept;
  void process(int readable, int writable) noexcept;
  void arm() noexcept;

  Loop& loop_;
  Owner* owner_;  // null while nothing is to be handed on
  ares_channeldata* channel_ = nullptr;
  ares_channeldata* files_ = nullptr;  // which reads /etc/hosts alone
  std::size_t asked_ = 0;
  ReadBudget budget_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  Timer timer_;
};

}  // namespace sluice

#endif
