// Conversations as coroutines: reading, writing, connecting and waiting in the order of the text.
//
//   sluice::co::Conversation echo(sluice::co::Peer peer) {
//     while (const auto in = co_await peer.read()) co_await peer.write(in.bytes);
//   }
//   const sluice::Listener listener(loop, endpoint, sluice::co::serve(echo));
//
// Or in a conversation of the program's own:
//
//   sluice::co::Conversation greet(sluice::co::Acceptor& acceptor) {
//     while (auto client = co_await acceptor.accept()) co_await client.peer.write("hello");
//   }
//
// What it is: headers only, on the library's callbacks; nothing for a program that does not include
// them. One frame a conversation, and no allocation each time that it waits: what is awaited lives
// in the frame.
// Conversations: a coroutine that returns co::Conversation. serve() makes one for each connection
// of a listener: when it returns, its connection is closed, and when the connection has closed, the
// coroutine sees that if it waits for the peer, and is then cancelled. Every other one belongs to
// the caller, who starts it, and cancels it by destroying it.
// Cancelling destroys the frame, and so everything in it: pending lookups, timers and connection
// attempts end, peers are closed.
// Lifetime: a Conversation, and all that is awaited, must be destroyed before the loop; those of
// serve() are. A coroutine must not destroy its own Conversation. The arguments of a coroutine that
// are references must outlive it.
// Thread: the loop's.
// Errors: what is awaited returns errors. An exception ends the conversation: it leaves the
// callback that the coroutine waited for, and the loop reports it; a connection of serve() is
// aborted.
// Units: milliseconds.
#ifndef SLUICE_REACTOR_CORO_CORO_H
#define SLUICE_REACTOR_CORO_CORO_H

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "../base/address.h"
#include "../connect/connector.h"
#include "../loop/loop.h"
#include "../loop/timer.h"
#include "../names/resolver.h"
#include "../stream/protocol.h"
#include "co_acceptor.h"
#include "co_peer.h"
#include "conversation.h"

namespace sluice::co {

using ConversationOf = std::function<Conversation(Peer peer)>;

// A factory for a listener or a connector, which makes and starts a conversation for each
// connection.
[[nodiscard]] inline ProtocolFactory serve(ConversationOf conversation) {
  class Served final : public Link {
   public:
    explicit Served(std::shared_ptr<const ConversationOf> make) : make_(std::move(make)) {}
    // While its parts still exist, because the frame refers to them.
    ~Served() override {
      abandon();
      conversation_.reset();
    }
    void on_open(Connection& connection) override {
      Link::on_open(connection);
      conversation_ = (*make_)(Peer(*this));
      conversation_.start(this);
      settle(connection);
    }

   private:
    const std::shared_ptr<const ConversationOf> make_;
    Conversation conversation_;
  };
  // Shared, because the connections may outlive the factory, and a lambda's frame refers to it.
  const auto make = std::make_shared<const ConversationOf>(std::move(conversation));
  return [make](const Address&) { return std::make_unique<Served>(make); };
}

// Awaits that a time has passed.
class Sleep {
 public:
  Sleep(Loop& loop, std::chrono::milliseconds time)
      : time_(time), timer_(loop, [this] { Conversation::proceed(sleeper_); }) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(Conversation::Handle sleeper) {
    sleeper_ = sleeper;
    timer_.start(time_);
  }
  void await_resume() const noexcept {}

 private:
  const std::chrono::milliseconds time_;
  Conversation::Handle sleeper_ = nullptr;
  Timer timer_;
};

[[nodiscard]] inline Sleep sleep(Loop& loop, std::chrono::milliseconds time) {
  return {loop, time};
}

struct Resolved {
  std::error_code error;  // of resolver_category()
  std::vector<Address> addresses;
};

// Awaits a lookup, whose deadline is ResolverOptions::deadline.
class Resolve {
 public:
  Resolve(Resolver& resolver, std::string host, std::uint16_t port, int family) noexcept
      : resolver_(resolver), host_(std::move(host)), port_(port), family_(family) {}
  Resolve(const Resolve&) = delete;
  Resolve& operator=(const Resolve&) = delete;
  ~Resolve() { resolver_.cancel(lookup_); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(Conversation::Handle asker) {
    asker_ = asker;
    lookup_ = resolver_.addresses(host_, port_, family_,
                                  [this](std::error_code error, std::vector<Address> addresses) {
                                    result_ = {error, std::move(addresses)};
                                    Conversation::proceed(asker_);
                                  });
  }
  Resolved await_resume() noexcept { return std::move(result_); }

 private:
  Resolver& resolver_;
  const std::string host_;
  const std::uint16_t port_;
  const int family_;
  Conversation::Handle asker_ = nullptr;
  LookupId lookup_;
  Resolved result_;
};

[[nodiscard]] inline Resolve resolve(Resolver& resolver, std::string_view host, std::uint16_t port,
                                     int family = AF_UNSPEC) {
  return {resolver, std::string(host), port, family};
}

struct Connected {
  Peer peer;           // not open if it failed; then reason() is that of the handshake, if any
  ConnectError error;  // of the attempts

  explicit operator bool() const noexcept { return peer.is_open(); }
};

// Awaits a connection to a target of Connector::connect_to(), whose deadline is
// ConnectorOptions::timeout, and with tls:// its handshake.
class Connect {
 public:
  Connect(Loop& loop, std::string_view target, const ConnectorOptions& options)
      : target_(target), connector_(loop, options) {}
  Connect(const Connect&) = delete;
  Connect& operator=(const Connect&) = delete;
  ~Connect() {
    if (link_ != nullptr) link_->connect = nullptr;
  }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  void await_suspend(Conversation::Handle client) {
    client_ = client;
    connector_.connect_to(
        target_,
        [this](const Address&) {
          auto link = std::make_unique<Opening>(*this);
          link_ = link.get();
          return link;
        },
        [this](const ConnectError& error) {
          result_.error = error;
          Conversation::proceed(client_);
        });
  }
  Connected await_resume() noexcept { return std::move(result_); }

 private:
  struct Opening final : Link {
    explicit Opening(Connect& of) noexcept : connect(&of) {}
    void on_open(Connection& connection) override {
      Link::on_open(connection);
      if (connect == nullptr) return connection.close();
      Connect* const of = std::exchange(connect, nullptr);
      of->link_ = nullptr;
      of->result_.peer = Peer(*this);
      Conversation::proceed(of->client_);
      settle(connection);
    }
    void on_close(Connection& connection, std::error_code reason) override {
      if (connect == nullptr) return Link::on_close(connection, reason);
      Connect* const of = std::exchange(connect, nullptr);  // the handshake has failed
      of->link_ = nullptr;
      of->result_.peer = Peer(reason);
      Conversation::proceed(of->client_);
    }
    Connect* connect;  // null if nobody waits for it any more
  };

  const std::string target_;
  Conversation::Handle client_ = nullptr;
  Opening* link_ = nullptr;  // during the handshake
  Connected result_;
  Connector connector_;
};

[[nodiscard]] inline Connect connect(Loop& loop, std::string_view target,
                                     const ConnectorOptions& options) {
  return {loop, target, options};
}
// Not a default argument: g++ 12 destroys such a temporary of a co_await expression twice. So keep
// the options in a variable.
[[nodiscard]] inline Connect connect(Loop& loop, std::string_view target) {
  return {loop, target, ConnectorOptions{}};
}

}  // namespace sluice::co

#endif
