// Sends questions to DNS servers, with c-ares on the loop's watchers and a timer.
//
// What it is: c-ares chooses the server, sends the question again, changes to TCP, and checks that
// an answer comes from the server and has the id and the question that were sent. A channel has its
// own sockets, whose ports the system chooses, while a question is in flight. The questions of a
// channel share them.
// Lifetime: must be destroyed before its loop and its settings. on_answer() must not call the
// channel: it runs inside c-ares, where neither ares_destroy() nor ares_cancel() is allowed.
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
  // One question in flight. The owner keeps it until on_answer(), cancel() or the end of the
  // channel; an owner with several questions in one channel derives from it.
  struct Asked {
    AresChannel* channel = nullptr;
  };

  class Owner {
   public:
    // Without an error, `message` is a DNS message with any content. It is valid during the call.
    virtual void on_answer(AresChannel& channel, Asked& asked, std::error_code error,
                           std::span<const unsigned char> message) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  AresChannel(Loop& loop, const AresSettings& settings, Owner& owner);
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;
  ~AresChannel();

  // The answer may arrive during the call. REQUIRES: the previous question has been answered or
  // cancelled.
  void ask(const std::string& question) noexcept { ask(question, only_); }
  // The same with others in flight. REQUIRES: the settings have one server; else the error of one
  // question could be that of another.
  void ask(const std::string& question, Asked& asked) noexcept;
  // on_answer() will not be called for any question in flight.
  void cancel() noexcept;

 private:
  class Socket;
  struct Callbacks;  // the functions that c-ares calls

  void watch(int fd, int events) noexcept;
  void on_time() noexcept;
  void process(int readable, int writable) noexcept;
  void arm() noexcept;

  Loop& loop_;
  Owner* owner_;  // null while answers are to be ignored
  bool has_one_server_;
  ares_channeldata* channel_ = nullptr;
  AresReads reads_;
  Asked only_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  Timer timer_;
};

}  // namespace sluice

#endif
