// A co::Acceptor: whatever its clients, its conversations and its owner do and in whatever order,
// its queue is bounded, a conversation that waits gets one connection or one reason, and nothing
// refers to what is gone.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "fuzz.h"
#include <sluice/coro.h>

using namespace sluice;
using namespace sluice::fuzz;

namespace {

constexpr std::size_t kMaxClients = 64;

class World {
 public:
  World(std::size_t queue, const ListenerOptions& options) : queue_(queue) {
    Fd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // The system chooses an abstract name.
    const sa_family_t family = AF_UNIX;
    sockaddr any{};
    std::memcpy(&any, &family, sizeof family);
    SLUICE_MUST(::bind(listening.get(), &any, sizeof family) == 0);
    SLUICE_MUST(::listen(listening.get(), kMaxClients) == 0);
    address_ = Address::local_of(listening.get());
    acceptor_.emplace(loop_, std::move(listening), options, queue);
  }
  ~World() { conversations_.clear(); }

  void step(Choices& choices) {
    switch (choices.any(11)) {
      case 0:
      case 1:
        return connect();
      case 2:
        return serve(std::chrono::milliseconds(0), choices.any(2) == 0);
      case 3:
        return serve(std::chrono::milliseconds(1), choices.any(2) == 0);
      case 4:
        if (!conversations_.empty()) conversations_.erase(conversations_.begin());
        return;
      case 5:
        return change_client(choices);
      case 6:
        if (choices.any(8) == 0 && acceptor_) acceptor_->close();
        return;
      case 7:
        if (choices.any(8) == 0 && !drains_) drains_ = true, loop_.drain(std::chrono::seconds(60));
        return;
      case 8:
        if (choices.any(16) == 0) destroy();
        return;
      case 9:
        if (choices.any(4) == 0) ::poll(nullptr, 0, 2);  // deadlines pass
        return poll();
      default:
        return poll();
    }
  }
  void finish() {
    for (auto& client : clients_) client.reset();
    if (acceptor_) acceptor_->close();
    constexpr int kTurnsToEnd = 40;  // wakes are spread over turns
    for (int i = 0; i < kTurnsToEnd; ++i) poll();
    // Each wait has ended: with a connection, at its deadline, or because of close().
    SLUICE_MUST(waiting_ == 0);
    conversations_.clear();
    poll();
    SLUICE_MUST(loop_.counters().connections_open == 0);
  }

 private:
  co::Conversation accepts(std::chrono::milliseconds deadline, bool reads) {
    ++waiting_;
    const Waiting waits(waiting_);
    auto client = co_await acceptor_->accept(deadline);
    SLUICE_MUST(static_cast<bool>(client) == !client.error);
    if (!client) co_return;
    SLUICE_MUST(client.peer.is_open());
    waits.over();
    while (reads) {
      const auto in = co_await client.peer.read();
      if (!in) co_return;
    }
  }
  // Counts one conversation until it goes on or is cancelled.
  class Waiting {
   public:
    explicit Waiting(std::size_t& count) noexcept : count_(&count) {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { over(); }
    void over() const noexcept {
      if (count_ != nullptr) --*std::exchange(count_, nullptr);
    }

   private:
    mutable std::size_t* count_;
  };

  void connect() {
    if (clients_.size() == kMaxClients) return;
    Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Refused once the acceptor is closed.
    if (::connect(client.get(), address_.data(), address_.size()) != 0) return;
    clients_.push_back(std::move(client));
  }
  void serve(std::chrono::milliseconds deadline, bool reads) {
    if (!acceptor_ || conversations_.size() == kMaxClients) return;
    conversations_.push_back(accepts(deadline, reads));
    conversations_.back().start();
  }
  void change_client(Choices& choices) {
    if (clients_.empty()) return;
    Fd& client = clients_[choices.any(clients_.size())];
    if (!client) return;
    switch (choices.any(3)) {
      case 0:
        (void)::send(client.get(), "x", 1, MSG_NOSIGNAL);
        return;
      case 1:
        ::shutdown(client.get(), SHUT_WR);
        return;
      default:
        client.reset();
    }
  }
  void destroy() {
    conversations_.clear();  // an acceptor outlives those that wait for it
    SLUICE_MUST(waiting_ == 0);
    acceptor_.reset();
  }
  void poll() {
    loop_.poll();
    if (acceptor_) SLUICE_MUST(acceptor_->queued() <= queue_);
  }

  const std::size_t queue_;
  Loop loop_;
  Address address_;
  std::optional<co::Acceptor> acceptor_;
  std::deque<co::Conversation> conversations_;
  std::deque<Fd> clients_;
  std::size_t waiting_ = 0;
  bool drains_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Choices choices(data, size);
  ListenerOptions options;
  options.connection.linger_timeout = std::chrono::milliseconds(1);
  options.connection.idle_timeout = std::chrono::milliseconds(choices.any(2));  // also in the queue
  options.accept_batch = 1 + choices.any(4);
  World world(1 + choices.any(4), options);
  while (!choices.done()) world.step(choices);
  world.finish();
  return 0;
}
