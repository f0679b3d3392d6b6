// One connection to a Redis server, which is made again whenever it breaks.
//
// What it is: a Connector, a Connection, and the commands that have been sent and not been answered
// yet, in their order. Each new connection gives the secret and chooses the database first, and is
// up when the server has answered a PING. It waits a random time before it tries again.
// Limits: the server must answer within kAnswerTime.
// Lifetime: must be destroyed before its loop; the destructor sends what was queued and closes. The
// functions of Events and the answers must not destroy the link.
// Thread: the loop's. Errors: std::bad_alloc; else Events::down says what is wrong.
#ifndef SLUICE_PROTOCOLS_BUS_REDIS_LINK_H
#define SLUICE_PROTOCOLS_BUS_REDIS_LINK_H

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "../../reactor/base/address.h"
#include "../../reactor/base/backoff.h"
#include "../../reactor/connect/connector.h"
#include "../../reactor/loop/timer.h"
#include "../../reactor/stream/connection.h"
#include "redis_codec.h"
#include "redis_value.h"

namespace sluice {

struct RedisServer {
  Address address;
  std::string user{};    // empty: the default user
  std::string secret{};  // empty: none is given
  unsigned database = 0;
  TransportFactory transport{};  // empty: without TLS
};

class RedisLink {
 public:
  static constexpr std::chrono::milliseconds kAnswerTime{5'000};
  static constexpr std::chrono::milliseconds kFirstWait{100};
  static constexpr std::chrono::milliseconds kLongestWait{1'000};
  using Answer = std::function<void(const RedisValue& value)>;
  struct Events {
    std::function<void()> up;
    // It was up, or could not be made: why. No answer to an older command comes any more.
    std::function<void(const std::string& why)> down;
  };

  RedisLink(Loop& loop, RedisServer server, Events events);
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;
  ~RedisLink();

  [[nodiscard]] bool is_up() const noexcept { return up_; }
  // Does nothing unless it is up. `answer` may be empty; it may send further commands.
  void send(std::span<const std::string_view> words, Answer answer);

 private:
  class Peer;

  void connect();
  void opened(Connection& connection);
  void received(std::span<const std::byte> bytes);
  void fail(const std::string& why);
  void write(std::span<const std::string_view> words, Answer answer);
  void introduced(const RedisValue& pong);

  RedisServer server_;
  Events events_;
  Connector connector_;
  Timer retry_;
  Timer silence_;
  Backoff backoff_;
  Connection* connection_ = nullptr;
  Peer* peer_ = nullptr;  // its handler, which the connection owns
  std::optional<RedisReader> reader_;
  std::deque<Answer> waiting_;
  std::string refused_;  // what the server has said against the secret or the database
  bool up_ = false;
};

}  // namespace sluice

#endif
