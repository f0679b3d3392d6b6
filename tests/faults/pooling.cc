#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "clients.h"
#include "scenario.h"
#include <sluice/connection.h>
#include <sluice/endpoint.h>
#include <sluice/listener.h>
#include <sluice/loop_pool.h>

namespace sluice::faults {
namespace {

constexpr std::chrono::milliseconds kPoolDrain{4000};
constexpr const char* kPoolHost = "127.83.76.1";

// The fates of connections in several threads.
class Fates {
 public:
  explicit Fates(Sighting& seen) : seen_(seen) {}
  Fate& add() {
    const std::lock_guard lock(mutex_);
    return seen_.connections.add();
  }

 private:
  Sighting& seen_;
  std::mutex mutex_;
};

// Sends each line back; "bye" is the last one.
class LineServer final : public Protocol {
 public:
  explicit LineServer(Fate& fate) : fate_(fate) {}

  void on_open(Connection& /*connection*/) override { ++fate_.opened; }
  std::size_t on_data(Connection& connection, std::span<const std::byte> in) override {
    const std::string_view text(reinterpret_cast<const char*>(in.data()), in.size());
    if (!text.ends_with('\n')) return 0;
    connection.send(in);
    if (text.ends_with("bye\n")) connection.close();
    return in.size();
  }
  void on_close(Connection& /*connection*/, std::error_code reason) override {
    ++fate_.ended;
    fate_.reason = reason;
  }

 private:
  Fate& fate_;
};

// A listener of two loops, and one client in each that is silent until the drain.
class PoolWorld {
 public:
  PoolWorld(Backend backend, Sighting& seen)
      : seen_(seen), fates_(seen), pool_({.loops = 2, .loop = {.backend = backend}}) {
    pool_.set_reporter([](const Report&) {});
    ListenerOptions options;
    options.pool = &pool_;
    options.factory_for = [this](Loop&) { return factory(); };
    listener_.emplace(pool_.first(), Endpoint(Scheme::tcp, *Address::from_ip(kPoolHost, 0)),
                      factory(), options);
  }

  [[nodiscard]] Address address() const { return listener_->endpoint().address(); }

  void run() {
    try {
      pool_.run();
    } catch (const std::bad_alloc&) {
      pool_.run_alone();
    } catch (const std::system_error&) {
      pool_.run_alone();
    }
    seen_.turned_away = pool_.counters().refused;
    seen_.turns = pool_.counters().turns;
  }
  // From the clients' thread.
  void end() {
    pool_.first().post([this] {
      try {
        pool_.drain(kPoolDrain);
      } catch (const std::bad_alloc&) {
        pool_.drain(kPoolDrain);
      }
    });
  }

 private:
  ProtocolFactory factory() {
    return [this](const Address&) { return std::make_unique<LineServer>(fates_.add()); };
  }

  Sighting& seen_;
  Fates fates_;
  LoopPool pool_;
  std::optional<Listener> listener_;
};

class PoolClients {
 public:
  PoolClients(Sighting& seen, const Address& server) : seen_(seen), server_(server) {}

  void run() {
    for (std::optional<Client>& silent : silent_) {
      attempt([&] {
        silent.emplace("silent", server_);
        talk(*silent);
      });
    }
    for (int i = 0; i < 4; ++i) {
      attempt([&] {
        Client client("talker", server_);
        talk(client);
        if (i % 2 == 0) {
          client.end();
        } else {
          client.send("bye\n");
          client.expect("bye\n");
        }
        client.expect_end();
      });
    }
  }
  // After the drain has begun.
  void finish() {
    for (std::optional<Client>& silent : silent_) {
      if (silent && seen_.clients_failed == 0) attempt([&] { silent->expect_end(); });
      silent.reset();
    }
  }

 private:
  static void talk(Client& client) {
    client.send("hel");
    client.send("lo\n");
    client.expect("hello\n");
  }
  void attempt(const std::function<void()>& part) {
    try {
      part();
    } catch (const Unfair& unfair) {
      ++seen_.clients_failed;
      seen_.client_complaint += std::string(unfair.what()) + "; ";
    }
  }

  Sighting& seen_;
  const Address server_;
  std::optional<Client> silent_[2];
};

}  // namespace

void run_pool(Backend backend, Sighting& seen) {
  start_counting();
  note_what_it_throws(seen, [&] {
    PoolWorld world(backend, seen);
    std::optional<std::thread> clients;
    {
      const Exempt exempt;
      clients.emplace([&] {
        const Exempt from_faults;
        PoolClients crowd(seen, world.address());
        crowd.run();
        world.end();
        crowd.finish();
      });
    }
    world.run();
    const Exempt exempt;
    clients->join();
  });
  stop_counting();
}

}  // namespace sluice::faults
