// UDP ports of loopback: those that answer, that are silent, and that nobody has.
#include <sys/socket.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/slowness.h"
#include "tools/sluice-scan/udp/udp_sweep.h"

using namespace sluice;
using namespace sluice::tools::scan;
using std::chrono::milliseconds;

namespace {

// A bound socket that nobody reads, or that sends everything back.
class Port {
 public:
  explicit Port(int family = AF_INET) : fd_(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    const Address any = Address::loopback(family, 0);
    cr_assert(::bind(fd_.get(), any.data(), any.size()) == 0);
  }
  void echo(Loop& loop) {
    watch_.emplace(loop, fd_.get(), [this](int) {
      char bytes[2048];
      Address from;
      socklen_t size = Address::capacity();
      const ssize_t count = ::recvfrom(fd_.get(), bytes, sizeof bytes, 0, from.data(), &size);
      if (count < 0) return;
      ++heard;
      if (heard <= ignored) return;
      (void)::sendto(fd_.get(), bytes, static_cast<std::size_t>(count), 0, from.data(), size);
    });
    watch_->watch(kReadable);
  }
  [[nodiscard]] Address address() const { return Address::local_of(fd_.get()); }
  void close() { fd_.reset(); }

  int heard = 0;
  int ignored = 0;  // so many datagrams are not answered

 private:
  Fd fd_;
  std::optional<Watch> watch_;
};

struct World {
  World() : loop(backend_options()) {
    options.first_timeout = options.max_timeout = milliseconds(60);
    options.retries = 1;
  }
  void scan(const std::vector<Address>& targets) {
    std::size_t next = 0;
    sweep.emplace(
        loop, options,
        [&]() -> std::optional<SweepTarget> {
          if (next == targets.size()) return std::nullopt;
          const std::uint64_t tag = next;
          return SweepTarget{targets[next++], tag};
        },
        [this](const UdpResult& result) {
          answers[result.target.tag] = result.answer;
          attempts[result.target.tag] = result.attempts;
          states[result.target.tag] = result.state;
          if (stop_after > 0 && states.size() == stop_after) {
            sweep->stop();
            loop.stop();
          }
        },
        [this] { loop.stop(); });
    sweep->start();
    loop.run();
  }

  Loop loop;
  UdpSweep::Options options;
  std::optional<UdpSweep> sweep;
  std::size_t stop_after = 0;
  std::map<std::uint64_t, PortState> states;
  std::map<std::uint64_t, std::string> answers;
  std::map<std::uint64_t, unsigned> attempts;
};

Address closed_port(int family = AF_INET) {
  Port port(family);
  const Address address = port.address();
  port.close();
  return address;
}

}  // namespace

Test(scan_udp_sweep, a_port_is_open_closed_or_open_filtered) {
  const bool all_are = succeeds_once([] {
    World world;
    Port open;
    const Port silent;
    open.echo(world.loop);
    world.scan({open.address(), closed_port(), silent.address()});
    cr_assert(world.states.size() == 3);
    cr_expect(world.states[2] == PortState::open_filtered && world.attempts[2] == 2);
    return world.states[0] == PortState::open && world.answers[0] == "\r\n" &&
           world.states[1] == PortState::closed && world.attempts[1] == 1;
  });
  cr_expect(all_are);
}

Test(scan_udp_sweep, ipv6_as_well) {
  World world;
  world.options.first_timeout = world.options.max_timeout = std::chrono::seconds(10);
  Port open(AF_INET6);
  open.echo(world.loop);
  world.scan({closed_port(AF_INET6), open.address(), closed_port()});
  cr_expect(world.states[0] == PortState::closed);
  cr_expect(world.states[1] == PortState::open);
  cr_expect(world.states[2] == PortState::closed, "IPv4");
}

Test(scan_udp_sweep, a_datagram_that_is_lost_is_sent_again) {
  const bool by_the_third = succeeds_once([] {
    World world;
    world.options.retries = 2;
    Port open;
    open.ignored = 2;
    open.echo(world.loop);
    world.scan({open.address()});
    return world.states[0] == PortState::open && world.attempts[0] == 3 && open.heard == 3;
  });
  cr_expect(by_the_third);
}

Test(scan_udp_sweep, very_many_closed_ports_are_all_told) {
  World world;
  std::vector<Address> targets;
  const Port taken;  // so that not every port is closed
  for (std::uint16_t port = 2000; port < 10'000; ++port) {
    targets.push_back(Address::loopback(AF_INET, port));
  }
  world.options.retries = 10;
  world.scan(targets);
  cr_assert(world.states.size() == targets.size());
  std::size_t closed = 0;
  for (const auto& [tag, state] : world.states) closed += state == PortState::closed;
  // Other programs of this host may have some.
  cr_expect(closed + 20 >= targets.size(), "%zu", closed);
}

Test(scan_udp_sweep, nothing_is_reported_after_a_stop_and_the_rest_is_pending) {
  World world;
  world.stop_after = 1;
  world.options.first_timeout = world.options.max_timeout = std::chrono::seconds(10);
  const Port silent;
  world.scan({silent.address(), closed_port()});
  cr_assert(world.states.size() == 1 && world.states.count(1) == 1);
  const auto pending = world.sweep->pending();
  cr_assert(pending.size() == 1);
  cr_expect(pending[0].address == silent.address() && pending[0].tag == 0);
}

Test(scan_udp_sweep, a_target_without_a_route_is_unreachable_or_cannot_be_tried) {
  World world;
  world.options.bind = Address::from_ip("127.0.0.1", 0);
  world.scan({*Address::from_ip("192.0.2.1", 9)});
  // Loopback addresses cannot leave this host.
  cr_expect(world.states[0] == PortState::failed || world.states[0] == PortState::unreachable);
}

Test(scan_udp_sweep, messages_of_icmp_are_read_by_their_numbers) {
  cr_expect(state_of_icmp(false, 3, 3) == PortState::closed);
  for (const unsigned code : {0U, 1U}) {
    cr_expect(state_of_icmp(false, 3, code) == PortState::unreachable);
  }
  for (const unsigned code : {2U, 9U, 10U, 13U}) {
    cr_expect(state_of_icmp(false, 3, code) == PortState::filtered, "%u", code);
  }
  cr_expect(state_of_icmp(false, 3, 4) == PortState::failed, "too long: no state");
  cr_expect(state_of_icmp(false, 11, 0) == PortState::failed, "time exceeded");
  cr_expect(state_of_icmp(true, 1, 4) == PortState::closed);
  cr_expect(state_of_icmp(true, 1, 3) == PortState::unreachable);
  cr_expect(state_of_icmp(true, 1, 1) == PortState::filtered);
  cr_expect(state_of_icmp(true, 3, 3) == PortState::failed);
}
