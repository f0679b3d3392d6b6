#include "redis_link.h"

#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace sluice {
namespace {

ConnectorOptions connector_options(const RedisServer& server) {
  ConnectorOptions options;
  options.timeout = RedisLink::kAnswerTime;
  options.connection.keep_reading = true;  // both ends would wait for each other
  options.connection.linger_timeout = std::chrono::milliseconds(1);  // nobody reads the answers
  options.connection.open_timeout = RedisLink::kAnswerTime;
  options.connection.write_timeout = RedisLink::kAnswerTime;
  options.connection.transport = server.transport;
  return options;
}

}  // namespace

class RedisLink::Peer final : public Protocol {
 public:
  explicit Peer(RedisLink& link) noexcept : link_(&link) {}
  ~Peer() override {
    if (link_ != nullptr) link_->peer_ = nullptr;
  }
  void detach() noexcept { link_ = nullptr; }

  void on_open(Connection& connection) override {
    if (link_ == nullptr) return connection.abort();
    link_->opened(connection);
  }
  std::size_t on_data(Connection& /*connection*/, std::span<const std::byte> in) override {
    if (link_ != nullptr) link_->received(in);
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code reason) override {
    if (link_ == nullptr) return;
    RedisLink& link = *std::exchange(link_, nullptr);
    link.connection_ = nullptr;
    link.peer_ = nullptr;
    link.fail(reason ? reason.message() : std::string("the server has closed the connection"));
  }

 private:
  RedisLink* link_;
};

RedisLink::RedisLink(Loop& loop, RedisServer server, Events events)
    : server_(std::move(server)),
      events_(std::move(events)),
      connector_(loop, connector_options(server_)),
      retry_(loop, [this] { connect(); }),
      silence_(
          loop,
          [this] { fail("no answer for " + std::to_string(kAnswerTime.count() / 1000) + " s"); }),
      backoff_({.first = kFirstWait, .cap = kMaxWait}) {
  retry_.start(std::chrono::milliseconds(0));
}

RedisLink::~RedisLink() {
  if (peer_ != nullptr) peer_->detach();
  if (connection_ != nullptr) connection_->close();
}

void RedisLink::connect() {
  // A handshake that fails reports it to the handler, which does not know the connection yet.
  connector_.start(
      {server_.address},
      [this](const Address& /*peer*/) {
        auto peer = std::make_unique<Peer>(*this);
        peer_ = peer.get();
        return peer;
      },
      [this](const ConnectError& error) { fail(error.message()); });
}

void RedisLink::opened(Connection& connection) {
  connection_ = &connection;
  reader_.emplace();
  waiting_.clear();
  refused_.clear();
  const auto check = [this](const RedisValue& value) {
    if (value.is_error() && refused_.empty()) refused_ = value.text;
  };
  if (!server_.secret.empty()) {
    if (server_.user.empty()) {
      write(std::array<std::string_view, 2>{"AUTH", server_.secret}, check);
    } else {
      write(std::array<std::string_view, 3>{"AUTH", server_.user, server_.secret}, check);
    }
  }
  if (server_.database != 0) {
    const std::string number = std::to_string(server_.database);
    write(std::array<std::string_view, 2>{"SELECT", number}, check);
  }
  write(std::array<std::string_view, 1>{"PING"},
        [this](const RedisValue& value) { introduced(value); });
}

void RedisLink::introduced(const RedisValue& pong) {
  if (refused_.empty() && pong.is_error()) refused_ = pong.text;
  if (!refused_.empty()) return fail(std::exchange(refused_, {}));
  up_ = true;
  backoff_.reset();
  events_.up();
}

void RedisLink::send(std::span<const std::string_view> words, Answer answer) {
  if (up_) write(words, std::move(answer));
}

void RedisLink::write(std::span<const std::string_view> words, Answer answer) {
  if (waiting_.empty()) silence_.start(kAnswerTime);
  waiting_.push_back(std::move(answer));
  connection_->send(format_redis_command(words));
}

void RedisLink::received(std::span<const std::byte> bytes) {
  try {
    reader_->feed(bytes);
    if (!waiting_.empty()) silence_.start(kAnswerTime);
    while (connection_ != nullptr) {
      const std::optional<RedisValue> value = reader_->next();
      if (!value) return;
      if (waiting_.empty()) return fail("an answer that nobody has asked for");
      const Answer answer = std::move(waiting_.front());
      waiting_.pop_front();
      if (waiting_.empty()) silence_.stop();
      if (answer) answer(*value);
    }
  } catch (const std::runtime_error& error) {
    fail(error.what());
  }
}

void RedisLink::fail(const std::string& why) {
  connector_.cancel();
  silence_.stop();
  waiting_.clear();
  up_ = false;
  if (Peer* const peer = std::exchange(peer_, nullptr)) peer->detach();
  if (Connection* const connection = std::exchange(connection_, nullptr)) connection->abort();
  retry_.start(backoff_.next());
  events_.down(why);
}

}  // namespace sluice
