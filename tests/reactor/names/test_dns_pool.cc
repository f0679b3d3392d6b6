// Many questions at once: what is asked again, of whom, and what each asker gets.
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "reactor/names/dns_pool.h"
#include "reactor/names/dns_records.h"
#include "support/dns_world.h"
#include "support/slowness.h"

using namespace sluice::test;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using sluice::DnsPatience;
using sluice::DnsPool;
using sluice::DnsPoolOptions;
using sluice::DnsReply;
using sluice::DnsType;
using sluice::DnsWindow;
using sluice::Loop;
using sluice::ResolverError;

TestSuite(dns_pool, .timeout = 30);

namespace {

struct PoolWorld {
  explicit PoolWorld(DnsPoolOptions options = {}, std::size_t servers = 1) {
    for (std::size_t i = 0; i < servers; ++i) {
      all.push_back(std::make_unique<DnsServer>(loop));
      options.servers.push_back(all.back()->address());
    }
    pool = std::make_unique<DnsPool>(
        loop, options, [this](DnsPool::Asker asker, const DnsReply& reply) {
          auto& [times, text] = found[asker];
          ++times;
          if (reply.error) {
            text = reply.error.message();
            return;
          }
          const auto records = sluice::read_dns_records(reply.message, reply.question);
          if (records.error) text = records.error.message();
          for (const auto& one : records.records) text += one.data + ' ';
        });
  }

  DnsServer& server(std::size_t number = 0) { return *all[number]; }
  void wait() {
    turn_until(loop, [this] { return pool->pending() == 0; });
  }
  std::string ask(const std::string& name, DnsType type = DnsType::a) {
    found.clear();
    pool->ask(name, type, 1);
    cr_expect(found.empty(), "answered inside of the asking call");
    wait();
    cr_expect(found[1].first == 1);
    return found[1].second;
  }

  Loop loop{backend_options()};
  std::vector<std::unique_ptr<DnsServer>> all;
  std::map<DnsPool::Asker, std::pair<int, std::string>> found;
  std::unique_ptr<DnsPool> pool;
};

}  // namespace

Test(dns_pool, each_answer_reaches_its_asker) {
  PoolWorld world;
  for (int i = 0; i < 500; ++i) {
    world.server().a("h" + std::to_string(i) + ".test", "10.0.0." + std::to_string(i % 250));
  }
  for (std::uint64_t i = 0; i < 500; ++i) {
    world.pool->ask("h" + std::to_string(i) + ".test", DnsType::a, i);
  }
  world.wait();
  for (std::uint64_t i = 0; i < 500; ++i) {
    cr_expect(world.found[i] == std::make_pair(1, "10.0.0." + std::to_string(i % 250) + ' '));
  }
  // No socket has more than its share of questions.
  cr_expect(world.server().ports().size() >= 500 / DnsPool::kMaxShared);
  cr_expect(world.server().ids().size() > 400);
}

Test(dns_pool, askers_of_one_name_share_a_question) {
  PoolWorld world;
  world.server().a("x.test", "192.0.2.1");
  for (std::uint64_t i = 0; i < 50; ++i) {
    world.pool->ask(i % 2 == 0 ? "x.test" : "X.Test.", DnsType::a, i);
  }
  cr_expect(world.pool->pending() == 1);
  world.wait();
  cr_expect(world.found.size() == 50 && world.found[49].second == "192.0.2.1 ");
  cr_expect(world.server().questions() == 1);
  cr_expect(world.ask("x.test", DnsType::aaaa) == "no address");
}

Test(dns_pool, refused_failed_silent_and_missing_are_told_apart) {
  DnsPoolOptions options;
  options.tries = 2;
  {
    options.try_timeout = 20s;
    PoolWorld world(options);
    world.server().treat("refused.test", Manner::refused);
    world.server().treat("failed.test", Manner::server_failed);
    world.server().a("malformed.test", "192.0.2.1");
    world.server().treat("malformed.test", Manner::malformed);
    cr_expect(world.ask("refused.test") == "the name server refused the query");
    cr_expect(world.ask("failed.test") == "the name server failed");
    cr_expect(world.ask("malformed.test") == "the name server failed");
    cr_expect(world.ask("none.test") == "not found");
    cr_expect(world.server().questions_for("refused.test") == 1);
  }
  options.try_timeout = 20ms;
  PoolWorld world(options);
  world.server().treat("silent.test", Manner::silent);
  world.server().treat("short.test", Manner::short_header);  // c-ares waits for another answer
  cr_expect(world.ask("short.test") == "no name server answered in time");
  cr_expect(world.ask("silent.test") == "no name server answered in time");
  cr_expect(world.server().questions_for("silent.test") == 2);
}

Test(dns_pool, a_forged_answer_is_not_believed) {
  PoolWorld world;
  world.server().a("id.test", "192.0.2.1");
  world.server().treat("id.test", Manner::wrong_id);
  world.server().a("question.test", "192.0.2.2");
  world.server().treat("question.test", Manner::wrong_question);
  cr_expect(world.ask("id.test") == "192.0.2.1 ");
  cr_expect(world.ask("question.test") == "192.0.2.2 ");
}

Test(dns_pool, a_truncated_answer_is_fetched_over_tcp) {
  PoolWorld world;
  world.server().a("x.test", "192.0.2.1");
  world.server().treat("x.test", Manner::truncated);
  cr_expect(world.ask("x.test") == "192.0.2.1 ");
  cr_expect(world.server().questions_over_tcp() == 1);
}

Test(dns_pool, every_question_may_go_over_tcp) {
  DnsPoolOptions options;
  options.over_tcp = true;
  PoolWorld world(options);
  world.server().a("x.test", "192.0.2.1");
  for (std::uint64_t i = 0; i < 20; ++i) {
    world.pool->ask("n" + std::to_string(i) + ".test", DnsType::a, i);
  }
  world.wait();
  cr_expect(world.found.size() == 20);
  cr_expect(world.ask("x.test") == "192.0.2.1 ");
  cr_expect(world.server().questions_over_tcp() == 21);
  cr_expect(world.server().questions() == 21);
}

Test(dns_pool, another_server_is_asked_when_one_fails_or_is_silent) {
  DnsPoolOptions options;
  options.try_timeout = 20ms;
  PoolWorld world(options, 2);
  world.server(1).a("x.test", "192.0.2.1");
  for (const Manner manner : {Manner::refused, Manner::server_failed, Manner::silent}) {
    world.server(0).treat("x.test", manner);
    cr_expect(world.ask("x.test") == "192.0.2.1 ");
    cr_expect(world.ask("x.test") == "192.0.2.1 ");  // begins with the other server
  }
  int number = 0;
  const bool once_each = succeeds_once([&] {
    const std::string name = "bad" + std::to_string(++number) + ".test";
    world.server(0).treat(name, Manner::refused);
    world.server(1).treat(name, Manner::server_failed);
    cr_expect(world.ask(name) != "not found");
    return world.server(0).questions_for(name) == 1 && world.server(1).questions_for(name) == 1;
  });
  cr_expect(once_each);
}

Test(dns_pool, no_try_outlasts_the_deadline) {
  DnsPoolOptions options;
  options.try_timeout = 40ms;
  options.tries = 8;
  options.deadline = 100ms;
  const bool ended_with_it = succeeds_once([&options] {
    PoolWorld world(options);
    world.server().treat("x.test", Manner::silent);
    const auto start = sluice::Clock::now();
    cr_expect(world.ask("x.test") == "no name server answered in time");
    return sluice::Clock::now() - start < 150ms * slowness() &&
           world.server().questions_for("x.test") >= 2;
  });
  cr_expect(ended_with_it);
}

// After round trips of well under 50 ms, an eighth of the timeout is enough.
Test(dns_pool, a_question_to_a_fast_server_gets_a_short_try_first) {
  DnsPoolOptions options;
  options.try_timeout = 400ms * slowness();
  options.deadline = 2 * options.try_timeout;  // leaves time for one full try
  const auto times_asked = [&options](std::uint64_t names_before) {
    PoolWorld world(options);
    for (std::uint64_t i = 0; i < names_before; ++i) {
      world.pool->ask("n" + std::to_string(i) + ".test", DnsType::a, i);
      world.wait();
    }
    world.server().treat("x.test", Manner::silent);
    cr_expect(world.ask("x.test") == "no name server answered in time");
    return world.server().questions_for("x.test");
  };
  cr_expect(succeeds_once([&] { return times_asked(DnsPatience::kSamples) == 2; }));
  cr_expect(times_asked(0) == 1, "nothing is known of the path");
  options.tries = 1;
  cr_expect(times_asked(DnsPatience::kSamples) == 1, "it may be asked once");
}

Test(dns_pool, a_server_that_is_not_there_is_said_to_be_unreachable) {
  DnsPoolOptions options;
  options.servers = {*sluice::Address::from_ip("127.0.0.1", 1)};
  PoolWorld world(options, 0);
  cr_expect(world.ask("x.test") == "no name server could be reached");
}

Test(dns_pool, it_may_be_destroyed_with_questions_in_flight) {
  PoolWorld world;
  world.server().treat("x.test", Manner::silent);
  world.pool->ask("x.test", DnsType::a, 1);
  world.loop.poll();
  world.pool.reset();
  cr_expect(world.found.empty());
}

Test(dns_pool, room_is_what_the_window_leaves) {
  DnsPoolOptions options;
  options.in_flight = 2;
  PoolWorld world(options);
  cr_expect(world.pool->has_room());
  world.pool->ask("a.test", DnsType::a, 1);
  cr_expect(world.pool->has_room());
  world.pool->ask("b.test", DnsType::a, 2);
  cr_expect(!world.pool->has_room());
  world.wait();
  cr_expect(world.pool->has_room());
}

Test(dns_pool, the_window_grows_on_a_path_with_few_losses) {
  DnsWindow window(2000);
  cr_expect(window.size() == DnsWindow::kStart);
  for (std::size_t i = 0; i < DnsWindow::kUsual; ++i) window.answered(i % 50 != 0);
  cr_expect(window.size() == DnsWindow::kUsual);  // doubled with each answered window
  for (int i = 0; i < 100'000; ++i) window.answered(i % 50 != 0);  // two percent are lost
  cr_expect(window.size() == 2000);
}

Test(dns_pool, the_window_stays_where_some_are_lost) {
  DnsWindow window(2000);
  for (int i = 0; i < 100'000; ++i) window.answered(i % 16 != 0);
  cr_expect(window.size() == DnsWindow::kUsual);
}

Test(dns_pool, the_window_shrinks_while_much_is_lost_and_grows_again) {
  DnsWindow window(2000);
  for (int i = 0; i < 100'000; ++i) window.answered(i % 5 != 0);
  cr_expect(window.size() == DnsWindow::kMin);
  for (int i = 0; i < 100'000; ++i) window.answered(true);
  cr_expect(window.size() == 2000);
  DnsWindow small(10);
  for (int i = 0; i < 1000; ++i) small.answered(false);
  cr_expect(small.size() == 10);
}
