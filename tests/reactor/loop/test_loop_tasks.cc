// Tasks that own objects of the loop, and that the loop destroys without running them.
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/dns_server.h"
#include "support/streams.h"
#include <sluice/connector.h>
#include <sluice/datagram.h>
#include <sluice/end_of_turn.h>
#include <sluice/listener.h>
#include <sluice/resolver.h>
#include <sluice/signals.h>
#include <sluice/timer.h>
#include <sluice/watch.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

TestSuite(loop_tasks, .timeout = 30);

namespace {

const Endpoint kAnyPort = Endpoint::from("tcp://127.0.0.1:0");

// An owner of `object` that counts how often it is destroyed.
template <class Object>
std::shared_ptr<void> counted(std::unique_ptr<Object> object, int& destroyed) {
  return {object.release(), [&destroyed](Object* last) {
            delete last;
            ++destroyed;
          }};
}

using Make = std::function<std::shared_ptr<void>(Loop& loop, int& destroyed)>;

struct Kind {
  const char* name;
  Make make;
};

std::vector<Kind> kinds(Handler& handler, const DnsServer& silent, int descriptor) {
  return {
      {"a listener",
       [&handler](Loop& loop, int& destroyed) {
         return counted(std::make_unique<Listener>(loop, kAnyPort, handler), destroyed);
       }},
      {"a timer",
       [](Loop& loop, int& destroyed) {
         auto timer = std::make_unique<Timer>(loop, [] { cr_expect(false); });
         timer->start(std::chrono::minutes(1));
         return counted(std::move(timer), destroyed);
       }},
      {"a connector",
       [&handler](Loop& loop, int& destroyed) {
         auto connector = std::make_unique<Connector>(loop);
         connector->start(
             {Address::loopback(AF_INET, 9)},
             [&handler](const Address&) { return ProtocolRef(handler); },
             [](const ConnectError&) { cr_expect(false); });
         return counted(std::move(connector), destroyed);
       }},
      {"a resolver",
       [&silent](Loop& loop, int& destroyed) {
         ResolverOptions options;
         options.servers = {silent.address()};
         auto resolver = std::make_unique<Resolver>(loop, options);
         resolver->addresses(
             "nobody.test", 80, AF_INET,
             [](std::error_code, const std::vector<Address>&) { cr_expect(false); });
         return counted(std::move(resolver), destroyed);
       }},
      {"a datagram socket",
       [](Loop& loop, int& destroyed) {
         struct Silent final : DatagramHandler {
           void on_datagram(DatagramSocket&, const Datagram&) override {}
         };
         struct Owner {
           explicit Owner(Loop& on) : socket(on, Endpoint::from("udp://127.0.0.1:0"), handler) {}
           Silent handler;
           DatagramSocket socket;
         };
         return counted(std::make_unique<Owner>(loop), destroyed);
       }},
      {"an end of turn",
       [](Loop& loop, int& destroyed) {
         auto end = std::make_unique<EndOfTurn>(loop, [] { cr_expect(false); });
         end->request();
         return counted(std::move(end), destroyed);
       }},
      {"a signal",
       [](Loop& loop, int& destroyed) {
         return counted(std::make_unique<Signal>(loop, SIGUSR1, [] {}), destroyed);
       }},
      {"a watch",
       [descriptor](Loop& loop, int& destroyed) {
         auto watch = std::make_unique<Watch>(loop, descriptor, [](int) { cr_expect(false); });
         watch->watch(kReadable);
         return counted(std::move(watch), destroyed);
       }},
  };
}

struct World {
  Handler handler;
  Loop servers_loop{backend_options()};
  DnsServer silent{servers_loop};  // never runs, so it answers nothing
  Pair pair = unix_pair();
  std::vector<Kind> all = kinds(handler, silent, pair.ours.get());
};

}  // namespace

Test(loop_tasks, that_wait_when_the_loop_is_destroyed_may_own_any_object_of_the_loop) {
  World world;
  for (const Kind& kind : world.all) {
    for (const char* how : {"post", "defer", "drain"}) {
      int destroyed = 0;
      std::optional<Loop> loop;
      loop.emplace(backend_options());
      Task task = [owned = kind.make(*loop, destroyed)] { cr_expect(false); };
      if (how == std::string("post")) {
        loop->post(std::move(task));
      } else if (how == std::string("defer")) {
        loop->defer(std::move(task));
      } else {
        loop->drain(milliseconds(0), std::move(task));
      }
      loop.reset();
      cr_expect(destroyed == 1, "%s, %s: %d", kind.name, how, destroyed);
    }
  }
}

Test(loop_tasks, of_a_handler_that_the_loop_closes_may_own_any_object_too) {
  World world;
  for (const Kind& kind : world.all) {
    int destroyed = 0;
    std::optional<Loop> loop;
    loop.emplace(backend_options());
    Handler closing;
    closing.close = [&](Connection& connection, std::error_code) {
      connection.loop().post([owned = kind.make(*loop, destroyed)] { cr_expect(false); });
    };
    Pair pair = unix_pair();
    Connection::adopt(*loop, std::move(pair.ours), closing);
    loop.reset();
    cr_expect(closing.closes == 1);
    cr_expect(destroyed == 1, "%s: %d", kind.name, destroyed);
  }
}

Test(loop_tasks, may_own_a_listener_whose_connections_are_open) {
  Handler handler;
  std::optional<Loop> loop;
  loop.emplace(backend_options());
  auto listener = std::make_shared<Listener>(*loop, kAnyPort, handler);
  const Peer peer(listener->endpoint().address());
  turn_until(*loop, [&] { return loop->counters().accepted == 1; });
  loop->post([listener = std::move(listener)] { cr_expect(false); });
  loop.reset();
  cr_expect(handler.last_reason == make_error_code(CloseReason::loop_destroyed));
}

Test(loop_tasks, may_own_an_object_whose_destructor_posts_and_connects) {
  Handler handler;
  int dropped = 0;
  std::optional<Loop> loop;
  loop.emplace(backend_options());
  const auto last_words = [&](auto&& say) {
    return std::shared_ptr<void>(nullptr, [&dropped, say](void*) {
      ++dropped;
      say();
    });
  };
  auto second = [&, &loop = *loop] {
    loop.post([held = last_words([] {})] { cr_expect(false); });
    Pair pair = unix_pair();
    Connection::adopt(loop, std::move(pair.ours), handler);
  };
  loop->post([held = last_words(second)] { cr_expect(false); });
  loop.reset();
  cr_expect(dropped == 2, "%d", dropped);
  cr_expect(handler.closes == 1);
}
