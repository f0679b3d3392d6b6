// The length of a loop's turns while a resolver has much work.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <criterion/criterion.h>

#include "support/dns_world.h"
#include "support/network_namespace.h"
#include "support/own_etc.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::Address;
using sluice::Clock;
using sluice::Loop;
using sluice::Resolver;
using sluice::ResolverOptions;

TestSuite(resolver_turns, .timeout = 120);

namespace {

constexpr std::chrono::nanoseconds kMaxTurn = 5ms;

// The processor time of this thread: on a busy machine a turn ends later, but does not use more.
std::chrono::nanoseconds cpu_time() {
  timespec now{};
  cr_assert(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Runs turns until `done`. Returns the processor time of the longest one.
template <class Done>
std::chrono::nanoseconds longest_turn_until(Loop& loop, Done done) {
  std::chrono::nanoseconds longest{};
  const auto give_up = Clock::now() + slowness() * 60s;
  while (!done()) {
    cr_assert(Clock::now() < give_up, "waited in vain");
    const auto start = cpu_time();
    loop.run_once();
    longest = std::max(longest, cpu_time() - start);
  }
  return longest;
}

// `work` returns its longest turn. Sometimes that includes work of the system, such as clearing a
// page or an interrupt. So a turn counts as long only if there is a long one in each run.
template <class Work>
void expect_short_turns(Work work) {
  std::chrono::nanoseconds longest{};
  for (int attempt = 0; attempt < 5; ++attempt) {
    longest = work();
    if (longest < slowness() * kMaxTurn) return;
  }
  cr_expect(false, "the longest turn took %.2f ms, at best",
            std::chrono::duration<double, std::milli>(longest).count());
}

// A server with its own thread and loop, so that its work is not part of the measured turns.
class ServerThread {
 public:
  template <class Prepare>
  explicit ServerThread(Prepare prepare) {
    prepare(server_);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ServerThread(const ServerThread&) = delete;
  ServerThread& operator=(const ServerThread&) = delete;
  ~ServerThread() {
    loop_.stop();
    thread_.join();
  }
  [[nodiscard]] const Address& address() const { return server_.address(); }

 private:
  Loop loop_;
  DnsServer server_{loop_};
  std::thread thread_;
};

ResolverOptions options_for(const ServerThread& server) {
  ResolverOptions options;
  options.servers = {server.address()};
  options.deadline = 0ms;
  return options;
}

// Lines as in a list of blocked names, among them the names that the tests look up.
std::string long_hosts_file() {
  std::string text = "127.0.0.1 localhost\n";
  for (int i = 0; i < 200'000; ++i) {
    text += "0.0.0.0 ads" + std::to_string(i) + ".tracker" + std::to_string(i % 977) + ".test\n";
  }
  return text;
}

}  // namespace

Test(resolver_turns, a_hosts_file_of_200000_lines_delays_no_turn) {
  enter_network_namespace();
  enter_own_etc();
  const ServerThread server([](DnsServer& dns) { dns.a("elsewhere.test", "127.0.0.9"); });
  const std::string text = long_hosts_file();
  expect_short_turns([&] {
    write_etc("hosts", text);
    Loop loop;
    Resolver resolver(loop, options_for(server));
    std::vector<Found> found(Resolver::kMaxAsked);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const std::size_t line = i * 1562;
      const std::string name =
          "ads" + std::to_string(line) + ".tracker" + std::to_string(line % 977) + ".test";
      const bool in_file = i % 2 == 0;
      resolver.addresses(in_file ? name : "elsewhere.test", 80, AF_INET, DnsWorld::into(found[i]));
    }
    auto longest = longest_turn_until(loop, [&] { return resolver.pending() == 0; });
    for (std::size_t i = 0; i < found.size(); ++i) {
      expect_words(found[i], {i % 2 == 0 ? "0.0.0.0:80" : "127.0.0.9:80"});
    }
    // The file changes: the old index is freed and a new one is read.
    write_etc("hosts", text + "127.0.0.7 new.test\n");
    Found added;
    resolver.addresses("new.test", 80, AF_INET, DnsWorld::into(added));
    longest = std::max(longest, longest_turn_until(loop, [&] { return added.answers > 0; }));
    expect_words(added, {"127.0.0.7:80"});
    return longest;
  });
}

Test(resolver_turns, a_hosts_file_that_does_not_change_is_read_once) {
  enter_network_namespace();
  enter_own_etc();
  const ServerThread server([](DnsServer&) {});
  write_etc("hosts", long_hosts_file());
  // A file that has just been written is read once more, because its time is not certain.
  std::this_thread::sleep_for(100ms);
  Loop loop;
  Resolver resolver(loop, options_for(server));
  const auto time_of_look_up = [&] {
    Found found;
    const auto start = cpu_time();
    resolver.addresses("ads7.tracker7.test", 80, AF_INET, DnsWorld::into(found));
    turn_until(loop, [&] { return found.answers > 0; });
    expect_words(found, {"0.0.0.0:80"});
    return cpu_time() - start;
  };
  const auto first = time_of_look_up();
  auto others = time_of_look_up();
  for (int i = 0; i < 4; ++i) others = std::min(others, time_of_look_up());
  cr_expect(10 * others < first, "the first took %.2f ms, the others %.2f ms",
            std::chrono::duration<double, std::milli>(first).count(),
            std::chrono::duration<double, std::milli>(others).count());
}

Test(resolver_turns, an_answer_of_4000_addresses_delays_no_turn) {
  const ServerThread server([](DnsServer& dns) {
    dns.treat("m.test", Manner::truncated);
    for (int i = 0; i < 4000; ++i) {
      dns.a("m.test", "10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    }
  });
  expect_short_turns([&] {
    Loop loop;
    Resolver resolver(loop, options_for(server));
    Found found;
    resolver.addresses("m.test.", 80, AF_UNSPEC, DnsWorld::into(found));
    const auto longest = longest_turn_until(loop, [&] { return found.answers > 0; });
    cr_expect(!found.error);
    cr_expect(found.words.size() == ResolverOptions::kMaxAddresses, "%zu", found.words.size());
    cr_expect(found.words.front() == "10.1.0.0:80", "the server's order is kept");
    return longest;
  });
}
