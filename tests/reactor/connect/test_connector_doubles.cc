// A connector whose lookups and sockets the program makes: a client is tested without a network.
#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/streams.h"
#include <sluice/connector.h>
#include <sluice/resolver.h>

using namespace sluice;
using namespace sluice::test;

namespace {

struct World {
  Handler handler;
  std::vector<std::string> dialled;
  std::vector<Peer> peers;
  ConnectError error;
  int failures = 0;
  int reports = 0;
  Loop loop{backend_options()};
  ConnectorOptions options;

  World() {
    loop.set_reporter([this](const Report&) { ++reports; });
    options.look_up = [](std::string_view host, std::uint16_t port) {
      std::vector<Address> found;
      if (host == "two.test") {
        found = {*Address::from_ip("192.0.2.1", port), *Address::from_ip("192.0.2.2", port)};
      }
      return found;
    };
    options.dial = [this](const Address& to) {
      dialled.push_back(to.to_string());
      if (to.to_string().starts_with("192.0.2.1:")) {
        throw std::system_error(ECONNREFUSED, std::generic_category());
      }
      Pair pair = unix_pair();
      peers.emplace_back(std::move(pair.peers));
      return std::move(pair.ours);
    };
  }
  void connect(Connector& connector, std::string_view target) {
    connector.connect_to(
        target, [this](const Address&) { return ProtocolRef(handler); },
        [this](const ConnectError& why) {
          error = why;
          ++failures;
        });
    cr_expect(dialled.empty() && connector.running());
  }
};

}  // namespace

Test(connector_doubles, a_name_and_its_addresses_are_the_programs) {
  World world;
  Connector connector(world.loop, world.options);
  world.connect(connector, "tcp://two.test:80");
  turn_until(world.loop, [&] { return world.handler.journal == "open"; });
  cr_assert(world.dialled.size() == 2);
  cr_expect(world.dialled[0] == "192.0.2.1:80" && world.dialled[1] == "192.0.2.2:80");
  world.peers[0].send("hello");
  turn_until(world.loop, [&] { return world.handler.input == "hello"; });
  cr_expect(not(connector.running()));
}

Test(connector_doubles, a_name_without_addresses_does_not_exist) {
  World world;
  Connector connector(world.loop, world.options);
  world.connect(connector, "tcp://none.test:80");
  turn_until(world.loop, [&] { return world.failures == 1; });
  cr_expect(world.error.look_up == ResolverError::not_found);
  cr_expect(world.error.message() == "none.test: not found", "%s", world.error.message().c_str());
}

Test(connector_doubles, an_address_that_is_given_is_not_looked_up) {
  World world;
  Connector connector(world.loop, world.options);
  world.connect(connector, "tcp://192.0.2.1:80");
  turn_until(world.loop, [&] { return world.failures == 1; });
  cr_assert(world.error.failures.size() == 1);
  cr_expect(world.error.failures[0].error.value() == ECONNREFUSED);
}

Test(connector_doubles, other_exceptions_are_reported) {
  World world;
  world.options.dial = [](const Address&) -> Fd { throw std::runtime_error("dial"); };
  {
    Connector connector(world.loop, world.options);
    world.connect(connector, "tcp://two.test:80");
    turn_until(world.loop, [&] { return world.failures == 1; });
    cr_expect(world.error.failures[0].error.value() == ECANCELED);
    cr_expect(world.reports >= 1);
  }
  world.options.look_up = [](std::string_view, std::uint16_t) -> std::vector<Address> {
    throw std::runtime_error("look_up");
  };
  Connector connector(world.loop, world.options);
  world.connect(connector, "tcp://two.test:80");
  turn_until(world.loop, [&] { return world.failures == 2; });
  cr_expect(world.error.look_up == ResolverError::server_failed);
}

Test(connector_doubles, can_be_cancelled_before_they_are_asked) {
  World world;
  Connector connector(world.loop, world.options);
  world.connect(connector, "tcp://two.test:80");
  connector.cancel();
  turn_a_while(world.loop, 3);
  cr_expect(world.dialled.empty() && world.failures == 0);
}
