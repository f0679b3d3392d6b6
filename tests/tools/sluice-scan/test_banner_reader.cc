// What open ports say by themselves: read for a while, and no longer.
#include <sys/socket.h>

#include <string>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/backend.h"
#include "support/scan_pair.h"
#include "tools/sluice-scan/banner_reader.h"

using sluice::Loop;
using sluice::test::ScanPair;
using sluice::tools::scan::BannerReader;
using std::chrono::milliseconds;

namespace {

struct World {
  explicit World(milliseconds patience = milliseconds(10'000), std::size_t sockets = 100)
      : loop(backend_options()), reader(loop, patience, sockets) {}

  void add(ScanPair& pair, const std::string& name) {
    reader.add(std::move(pair.ours), [this, name](const std::string& banner) {
      told.push_back(name + ": " + banner);
      if (reader.waiting() == 0) loop.stop();
    });
  }

  Loop loop;
  BannerReader reader;
  std::vector<std::string> told;
};

}  // namespace

Test(scan_banner_reader, a_peer_that_speaks_and_pauses_is_heard) {
  World world;
  ScanPair pair;
  world.add(pair, "a");
  pair.say("220 welcome\r\n");
  world.loop.run();
  cr_assert(world.told.size() == 1);
  cr_expect(world.told[0] == "a: 220 welcome");
}

Test(scan_banner_reader, a_peer_that_ends_is_not_waited_for) {
  World world;
  ScanPair pair;
  world.add(pair, "a");
  pair.say("bye");
  pair.peer.reset();
  world.loop.run();
  cr_expect(world.told.front() == "a: bye");
}

Test(scan_banner_reader, a_silent_peer_is_given_up) {
  World world(milliseconds(50));
  ScanPair pair;
  world.add(pair, "a");
  world.loop.run();
  cr_expect(world.told.front() == "a: ");
}

Test(scan_banner_reader, no_more_is_read_than_the_limit) {
  World world;
  ScanPair pair;
  world.add(pair, "a");
  pair.say(std::string(5000, 'x'));
  world.loop.run();
  cr_expect(world.told.front() == "a: " + std::string(BannerReader::kMaxBanner, 'x'));
}

Test(scan_banner_reader, it_is_full_when_as_many_wait_as_are_allowed) {
  World world(milliseconds(10'000), 2);
  ScanPair first, second;
  world.add(first, "first");
  cr_expect(!world.reader.full());
  world.add(second, "second");
  cr_expect(world.reader.full());
  first.peer.reset();
  while (world.told.empty()) world.loop.run_once();
  cr_expect(!world.reader.full());
}

Test(scan_banner_reader, finishing_tells_what_was_said_until_now) {
  World world;
  ScanPair first, second;
  world.add(first, "first");
  world.add(second, "second");
  first.say("in time");
  world.reader.finish();
  cr_expect(world.told == std::vector<std::string>({"first: in time", "second: "}));
  cr_expect(world.reader.waiting() == 0);
}

Test(scan_banner_reader, going_is_silent) {
  World world;
  ScanPair pair;
  {
    BannerReader reader(world.loop, milliseconds(1000), 10);
    reader.add(std::move(pair.ours), [](const std::string&) { cr_assert(false); });
  }
  char byte = 0;
  cr_expect(::recv(pair.peer.get(), &byte, 1, 0) <= 0);
}

Test(scan_banner_reader, what_is_not_printable_is_made_so) {
  cr_expect(sluice::tools::scan::printable_banner("SSH-2.0\r\n") == "SSH-2.0");
  cr_expect(sluice::tools::scan::printable_banner("a\r\nb\n\n") == "a\\x0d\\x0ab");
  cr_expect(sluice::tools::scan::printable_banner("\x1b[2J\xff w\xc3\xb6rld") ==
            "\\x1b[2J\\xff w\xc3\xb6rld");
  cr_expect(sluice::tools::scan::printable_banner("").empty());
}
