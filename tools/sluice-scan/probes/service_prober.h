// Finds out what speaks on open ports: waits for a greeting, asks, and reads the answers.
//
// What it is: several conversations at once. Each begins on the connection that the scan made.
// A port that is known for a protocol in which the client speaks first is asked at once. Any other
// gets kGreeting to speak first. Then each request has a connection of its own, until an answer is
// understood or kMaxRequests were sent. At most kMaxAnswer bytes of each answer are read.
// Lifetime: must be destroyed before its loop; the destructor closes the sockets and calls nothing.
// `done` may call add().
// Thread: the loop's. Errors: std::bad_alloc; a conversation that fails counts as ended.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_PROBES_SERVICE_PROBER_H
#define SLUICE_TOOLS_SLUICE_SCAN_PROBES_SERVICE_PROBER_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "../../../reactor/base/address.h"
#include "../../../reactor/base/fd.h"
#include "../../../reactor/connect/connect_socket.h"
#include "../../../reactor/loop/loop.h"
#include "../../../reactor/loop/timer.h"
#include "../listings/service_facts.h"

namespace sluice::tools::scan {

class ServiceProber {
 public:
  static constexpr std::size_t kMaxRequests = 8;  // of a port
  static constexpr std::chrono::milliseconds kGreeting{750};
  static constexpr std::chrono::milliseconds kPause{150};  // ends an answer

  struct Found {
    std::optional<ServiceFacts> facts;
    std::string unknown;  // the first bytes that nobody understood; not printable
    Fd tls;               // a new connection, if the port speaks TLS and it was wanted
  };
  using Done = std::function<void(Found found)>;

  struct Options {
    ConnectFrom from;
    std::chrono::milliseconds patience{2000};  // of each connection and answer; > 0
    bool wants_tls = false;
  };

  ServiceProber(Loop& loop, Options options);
  ServiceProber(const ServiceProber&) = delete;
  ServiceProber& operator=(const ServiceProber&) = delete;
  ~ServiceProber();

  // `socket` is connected to `target`. Calls `done` later, or in finish().
  void add(Fd socket, const Address& target, Done done);
  // All of them end now, with what they have.
  void finish();

 private:
  class Conversation;

  void end(Conversation& conversation);
  void check_times();

  Loop& loop_;
  Options options_;
  std::list<std::unique_ptr<Conversation>> talking_;
  Timer timer_;
};

}  // namespace sluice::tools::scan

#endif
