// Conversations with services: how much is read, and how they end. What real servers say is in
// tests/e2e/tools/test_scan_probe.py.
#include <sys/socket.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/scan_pair.h"
#include "support/slowness.h"
#include "tools/sluice-scan/probes/protocol.h"
#include "tools/sluice-scan/probes/service_prober.h"

using sluice::Address;
using sluice::Fd;
using sluice::Loop;
using sluice::test::ScanPair;
using sluice::tools::scan::kMaxAnswer;
using sluice::tools::scan::ServiceProber;

namespace {

// A port that nobody listens on, where a second connection is refused.
Address nobody() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  const Address any = Address::loopback(AF_INET, 0);
  cr_assert(::bind(socket.get(), any.data(), any.size()) == 0);
  return Address::local_of(socket.get());
}

struct World {
  World() : World(ServiceProber::Options{}) {}
  explicit World(const ServiceProber::Options& options) : loop(backend_options()) {
    prober.emplace(loop, options);
  }

  void add(ScanPair& pair) {
    prober->add(std::move(pair.ours), nobody(), [this](ServiceProber::Found found) {
      told.push_back(std::move(found));
      loop.stop();
    });
  }

  Loop loop;
  std::optional<ServiceProber> prober;
  std::vector<ServiceProber::Found> told;
};

}  // namespace

Test(scan_service_prober, a_greeting_is_understood_when_it_pauses) {
  World world;
  ScanPair pair;
  world.add(pair);
  pair.say("SSH-2.0-OpenSSH_9.2p1\r\n");
  world.loop.run();
  cr_assert(world.told.size() == 1 && world.told[0].facts.has_value());
  cr_expect(world.told[0].facts->line() == "ssh OpenSSH 9.2p1");
  cr_expect(world.told[0].unknown.empty() && !world.told[0].tls);
}

Test(scan_service_prober, no_more_is_read_than_an_answer_may_have) {
  World world;
  ScanPair pair;
  world.add(pair);
  pair.say(std::string(50'000, 'x'));
  world.loop.run();
  cr_assert(world.told.size() == 1 && !world.told[0].facts.has_value());
  cr_expect(world.told[0].unknown == std::string(kMaxAnswer, 'x'));
}

Test(scan_service_prober, a_peer_that_trickles_has_the_time_of_one_answer) {
  using std::chrono::milliseconds;
  ServiceProber::Options options;
  options.patience = milliseconds(300);
  World world(options);
  ScanPair pair;
  world.add(pair);
  int said = 0;
  sluice::Timer trickle(world.loop, [&] {
    if (++said == 40) world.loop.stop();
    if (world.told.empty()) (void)::send(pair.peer.get(), "x", 1, MSG_NOSIGNAL);
  });
  trickle.start_repeating(milliseconds(50));
  world.loop.run();
  cr_assert(world.told.size() == 1 && said < 40, "not as long as it goes on");
  cr_expect(!world.told[0].facts.has_value());
}

Test(scan_service_prober, a_peer_that_ends_and_accepts_nobody_else_is_not_waited_for) {
  const bool at_once = succeeds_once([] {
    World world;
    ScanPair pair;
    world.add(pair);
    pair.peer.reset();
    const auto begin = sluice::Clock::now();
    world.loop.run();
    cr_assert(world.told.size() == 1 && !world.told[0].facts.has_value());
    return sluice::Clock::now() - begin < ServiceProber::kGreeting;
  });
  cr_expect(at_once);
}

Test(scan_service_prober, finish_ends_all_at_once_and_the_destructor_calls_nothing) {
  World world;
  ScanPair first;
  ScanPair second;
  ScanPair third;
  world.add(first);
  world.add(second);
  world.prober->finish();
  cr_expect(world.told.size() == 2);
  world.add(third);
  world.prober.reset();
  cr_expect(world.told.size() == 2);
}
