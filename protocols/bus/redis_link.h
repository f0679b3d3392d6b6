// One connection to a Redis server, which is made again whenever it breaks.
//
// What it is: a Connector, a Connection, and the queue of the commands that the server has not
// answered yet. Each new connection first sends the secret and selects the database. It is up when
// the server has answered a PING. After a failure the link waits a random time of at most kMaxWait
// before it tries again.
// Limits: while the link waits for an answer, bytes must arrive within kAnswerTime. A whole answer
// may take longer, because a network may be slow.
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
  static constexpr std::chrono::milliseconds kMaxWait{1'000};
  using Answer = std::function<void(const RedisValue& value)>;
  struct Events {
    std::function<void()> up;
    // The connection has broken, or could not be made. The commands that are not answered yet
    // never get their answer.
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
  std::string refused_;  // the first error that the server answered to AUTH or SELECT
  bool up_ = false;
};

}  // namespace sluice

#endif
