// A connection to the first of several addresses that takes one.
//
// What it is: non-blocking connect() over the candidates, one after the other, with one deadline
// for all. `connected` or `failed` runs once, in a callback of the loop, never inside start().
// Lifetime: must go before its loop; going gives up. Its functions may destroy it.
// Thread: the loop's. Errors: of the network in `failed`, with every address and its reason;
// start() may throw std::bad_alloc.
// Source: POSIX.1-2017 connect(); a connect that is under way becomes writable when it is decided.
#ifndef SLUICE_TOOLS_SLUICE_TALK_DIAL_H
#define SLUICE_TOOLS_SLUICE_TALK_DIAL_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "../../reactor/endpoint.h"
#include "../../reactor/fd.h"
#include "../../reactor/loop.h"
#include "../../reactor/timer.h"
#include "../../reactor/watcher.h"

namespace sluice {

struct DialOptions {
  std::optional<Address> bind;           // the local address; other families are not tried
  std::chrono::milliseconds timeout{0};  // for all of it; 0: the system's own
};

class Dial {
 public:
  using Connected = std::function<void(Fd socket)>;
  // `why` lists what each address said; `timed_out` when the deadline ended it.
  using Failed = std::function<void(const std::string& why, bool timed_out)>;

  Dial(Loop& loop, std::vector<Endpoint> candidates, const DialOptions& options,
       Connected connected, Failed failed);
  Dial(const Dial&) = delete;
  Dial& operator=(const Dial&) = delete;
  ~Dial();

  void start();

 private:
  void try_next();
  [[nodiscard]] int open_socket(const Address& to);
  [[nodiscard]] int bind_socket(const Address& to) const;
  void on_ready() noexcept;
  void on_decided();
  void note(int error, const std::string& at = {});
  void give_up();
  void on_deadline();
  void stop() noexcept;

  Loop& loop_;
  std::vector<Endpoint> candidates_;
  DialOptions options_;
  Connected connected_;
  Failed failed_;
  std::size_t next_ = 0;
  std::string reasons_;
  Fd socket_;
  std::optional<IoWatcher> watcher_;  // one a socket
  Timer again_;                       // the next try, in a turn of its own
  Timer deadline_;
};

}  // namespace sluice

#endif
