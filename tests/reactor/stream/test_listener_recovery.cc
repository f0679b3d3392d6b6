// Edge cases of descriptor exhaustion: the last descriptor, and repeated exhaustion and recovery.
#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/descriptors.h"
#include "support/streams.h"
#include <sluice/listener.h>
#include <sluice/timer.h>

using namespace sluice;
using namespace sluice::test;
using std::chrono::milliseconds;

namespace {

using Kind = Report::Kind;

struct Service {
  Service() {
    loop.set_reporter([this](const Report& report) {
      kinds.push_back(report.kind);
      times.push_back(loop.now());
    });
  }

  // First, because the listener may also report when it is destroyed.
  std::vector<Kind> kinds;
  std::vector<TimePoint> times;
  Handler handler;
  Loop loop{backend_options()};
  Listener listener{loop, Endpoint::from("tcp://127.0.0.1:0"), handler};
  Address address = listener.endpoint().address();
};

}  // namespace

// accept() needs a descriptor before it checks for a newcomer, and so fails even if there is none.
Test(listener_recovery, using_the_last_descriptor_is_not_a_shortage) {
  Service service;
  const Hoard hoard(2);
  Peer peer(service.address);
  turn_until(service.loop, [&] { return service.loop.counters().accepted == 1; });
  turn_a_while(service.loop);
  cr_expect(service.kinds.empty());
  cr_expect(service.loop.counters().refused == 0);
  peer.close();  // two again: there was no pause, so the next one is served in the same turn
  turn_until(service.loop, [&] { return service.loop.counters().connections_open == 0; });
  const Peer next(service.address);
  service.loop.poll();
  cr_expect(service.loop.counters().accepted == 2);
}

Test(listener_recovery,
     repeated_shortage_is_reported_once_a_second_and_recovery_when_it_has_lasted) {
  Service service;
  std::vector<Fd> sockets;  // made now, because later there are no descriptors
  for (int i = 0; i < 80; ++i) sockets.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
  const auto connect = [&] {
    Peer peer(std::move(sockets.back()));
    sockets.pop_back();
    cr_assert(::connect(peer.fd(), service.address.data(), service.address.size()) == 0);
    return peer;
  };
  const Counters& counters = service.loop.counters();
  std::vector<Fd> taken;
  Hoard hoard(0);
  const auto begin = std::chrono::steady_clock::now();
  while (
      (std::chrono::steady_clock::now() - begin < milliseconds(1'500) || counters.accepted <= 5) &&
      sockets.size() > 2) {
    Peer refused = connect();
    refused.receive_all(service.loop);
    refused.close();
    taken.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    hoard.give(1);
    const std::uint64_t accepted = counters.accepted;
    Peer served = connect();
    turn_until(service.loop, [&] { return counters.accepted > accepted; });
    served.reset();
    turn_until(service.loop, [&] { return counters.connections_open == 0; });
    while (taken.back()) taken.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  cr_expect(counters.accepted > 5);
  turn_until(service.loop, [&] { return service.kinds.back() == Kind::accept_resumed; });
  cr_expect(std::count(service.kinds.begin(), service.kinds.end(), Kind::accept_resumed) == 1);
  cr_expect(service.kinds.size() >= 3);
  const Hoard again(0);
  Peer refused = connect();
  refused.receive_all(service.loop);
  for (std::size_t i = 1; i < service.times.size(); ++i) {
    cr_expect(service.times[i] - service.times[i - 1] >= milliseconds(999));
  }
}
