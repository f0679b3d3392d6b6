// One race of a connector: the lookup, if there is one, the attempts, and the result. Only for
// Connector.
//
// Lifetime: the connector owns it until it calls one of its functions; then it owns itself until
// that has returned. Thread: the loop's. Errors: making and beginning it may throw std::bad_alloc.
#ifndef SLUICE_REACTOR_CONNECT_CONNECT_RACE_H
#define SLUICE_REACTOR_CONNECT_CONNECT_RACE_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "../loop/timer.h"
#include "../names/resolver.h"
#include "connect_attempt.h"
#include "connect_target.h"
#include "connector.h"

namespace sluice {

// The functions to call with the result, and the attempts until then.
class Connector::Race final : private ConnectJudge {
 public:
  Race(Connector& owner, std::vector<Address> addresses, Failed failed);
  ~Race() { end_lookup(); }
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  ProtocolFactory factory;  // exactly one of these two is set
  Connected connected;

  void begin();
  // Instead of begin(), if the addresses are not known yet. REQUIRES: `resolver` outlives the
  // race; it is null if the program looks up names itself.
  void look_up(Resolver* resolver, const ConnectTarget& target);
  void use_transport(TransportFactory transport) {
    options_.connection.transport = std::move(transport);
  }
  void cancel_calls() noexcept { cancelled_ = true; }

 private:
  // When they return, the attempt has been destroyed, and the race may have been.
  void won(std::size_t number, Fd socket) override;
  void lost(std::size_t number, int error, const char* call) override;
  void race(std::vector<Address> addresses);
  void on_found(std::error_code error, std::vector<Address> addresses);
  void end_lookup() noexcept;
  void attempt_next();
  void dial(std::size_t number);
  [[nodiscard]] bool look_up_by_program();
  void on_deadline();
  void stop() noexcept;
  void fill_in(int error) noexcept;
  void fail();
  [[nodiscard]] int open_connection(std::size_t number, Fd socket);

  Connector* owner_;
  Loop& loop_;
  ConnectorOptions options_;
  Failed failed_;
  Resolver* resolver_ = nullptr;  // during a lookup
  LookupId lookup_;
  ConnectError error_;     // in the order of the attempts; an entry without an error is undecided
  std::size_t begun_ = 0;  // the number of attempts that have begun
  std::size_t decided_ = 0;
  bool cancelled_ = false;     // by a function that it calls
  bool asks_program_ = false;  // ConnectorOptions::look_up, before the first attempt
  std::uint16_t port_ = 0;     // for that
  std::vector<std::unique_ptr<ConnectAttempt>> attempts_;
  Timer next_;
  Timer deadline_;
};

}  // namespace sluice

#endif
