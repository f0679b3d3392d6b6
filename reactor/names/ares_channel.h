// One question at a time to DNS servers, by c-ares on a loop's watchers and one of its timers.
//
// What it is: c-ares's part is to choose the server, to ask again, to go over to TCP and to see
// that an answer comes from the server, with the id and the question that were sent. Each question
// has sockets of its own, and with them ports that the system chooses.
// Lifetime: must go before its loop and its settings. It must not be called from its owner's
// function, which runs inside of c-ares: neither ares_destroy() nor ares_cancel() may run there.
// Thread: the loop's. Errors: the constructor throws std::bad_alloc.
#ifndef SLUICE_REACTOR_NAMES_ARES_CHANNEL_H
#define SLUICE_REACTOR_NAMES_ARES_CHANNEL_H

#include <map>
#include <memory>
#include <span>
#include <string>
#include <system_error>

#include "../loop/loop.h"
#include "../loop/timer.h"
#include "../loop/watcher.h"
#include "ares_settings.h"
#include "ares_sockets.h"

namespace sluice {

class AresChannel {
 public:
  class Owner {
   public:
    // Without an error the message is a DNS message, whatever it says. It is valid for the call.
    virtual void on_answer(AresChannel& channel, std::error_code error,
                           std::span<const unsigned char> message) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  AresChannel(Loop& loop, const AresSettings& settings, Owner& owner);
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;
  ~AresChannel();

  // The answer may come inside of the call. REQUIRES: the question before is answered or cancelled.
  void ask(const std::string& question) noexcept;
  // Its answer will not come.
  void cancel() noexcept;

 private:
  class Socket;
  struct Callbacks;  // the functions that c-ares calls

  void watch(int fd, int events) noexcept;
  void process(int readable, int writable) noexcept;
  void arm() noexcept;

  Loop& loop_;
  Owner* owner_;  // null while nothing is to be handed on
  ares_channeldata* channel_ = nullptr;
  ReadBudget budget_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  Timer timer_;
};

}  // namespace sluice

#endif
