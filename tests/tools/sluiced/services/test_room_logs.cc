// The logs of rooms: which file a room has, what a line is, and a disk that is full.
#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/chat/chat_house.h"
#include "protocols/chat/chat_lines.h"
#include "support/scratch.h"
#include "tools/sluiced/log/open_log.h"
#include "tools/sluiced/services/room_logs.h"

using namespace sluice;
using namespace sluice::tools::daemon;

namespace {

Fd open_file(const std::string& path) { return open_log({LogTarget::Kind::file, path}); }

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class Silent final : public ChatOutlet {
 public:
  void deliver(const Payload& block) override {
    const auto bytes = block.bytes();
    received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void on_dismissed() override {}
  std::string received;
};

// A house with the logs of some rooms, of its lobby unless said otherwise, and ann and bob in it.
struct World {
  explicit World(std::vector<RoomLogFile> wanted, const RoomLogs::Open& open = open_file)
      : files(std::move(wanted)) {
    for (RoomLogFile& file : files) file.path = directory / file.path;
    logs.prepare(files, open);
    logs.use();
    house.set_recorder(&logs);
    ann = ChatLines(house).enter(of_ann, "ann");
    bob = ChatLines(house).enter(of_bob, "bob");
    house.flush();
  }
  explicit World(const RoomLogs::Open& open = open_file)
      : World(std::vector<RoomLogFile>{{"lobby", "main.lobby.log"}}, open) {}
  void say(ChatMember& member, const std::string& line) {
    cr_assert(ChatLines(house).submit(member, line));
  }
  std::string log() { return text_of(files[0].path); }

  test::Scratch directory;
  std::vector<RoomLogFile> files;
  std::vector<std::string> warnings;
  RoomLogs logs{[this](const std::string& text) { warnings.push_back(text); }};
  ChatHouse house{{}, {}, [] { return ChatTime(std::chrono::milliseconds(1'000)); }};
  Silent of_ann, of_bob;
  ChatMember* ann = nullptr;
  ChatMember* bob = nullptr;
};

constexpr const char* kTime = "1970-01-01T00:00:01.000Z ";

bool ends_with(const std::string& text, const std::string& end) { return text.ends_with(end); }

}  // namespace

Test(room_logs, keep_what_members_of_the_room_read) {
  World world;
  world.say(*world.ann, "hello\x1b[2J");
  world.say(*world.bob, "/me waves");
  world.say(*world.bob, "/topic tea");
  world.house.flush();
  const std::string time = kTime;
  cr_expect(
      ends_with(world.log(), time + "* bob joined\n" + time + "<ann> hello\uFFFD[2J\n" + time +
                                 "~ bob waves\n" + time + "* bob set the topic: tea\n"),
      "%s", world.log().c_str());
}

Test(room_logs, keep_no_private_message_and_nothing_of_other_rooms) {
  World world;
  const std::string before = world.log();
  world.say(*world.ann, "/msg bob the key is under the mat");
  world.say(*world.bob, "/join kitchen");
  world.say(*world.bob, "it is warm here");
  world.house.flush();
  cr_expect(world.log() == before + kTime + "* bob left (went to kitchen)\n", "%s",
            world.log().c_str());
}

Test(room_logs, keep_that_the_last_member_of_a_room_leaves) {
  World world(std::vector<RoomLogFile>{{"kitchen", "main.kitchen.log"}});
  const auto last = [&world] {
    world.house.flush();
    const std::string log = world.log();
    return log.substr(log.rfind('Z') + 2);
  };
  world.say(*world.ann, "/join kitchen");
  world.say(*world.ann, "/part");
  cr_expect_eq(last(), "* ann left (went to lobby)\n");
  world.say(*world.ann, "/join kitchen");
  world.house.leave(*world.ann, "the end");
  cr_expect_eq(last(), "* ann left (the end)\n");
  cr_expect(world.house.find_room("kitchen") == nullptr);
}

Test(room_logs, are_written_once_a_turn) {
  World world;
  const std::string before = world.log();
  for (int i = 0; i < 3; ++i) world.say(*world.ann, "hello");
  cr_expect(world.log() == before);
  world.house.flush();
  cr_expect(world.log().size() > before.size());
}

Test(room_logs, hold_a_bounded_number_of_bytes_in_a_turn) {
  World world;
  const std::string line(8'000, 'x');
  for (std::size_t said = 0; said < RoomLog::kMaxPending; said += line.size()) {
    world.say(*world.ann, line);
  }
  cr_expect(world.log().size() > RoomLog::kMaxPending);
}

Test(room_logs, members_read_a_notice_at_entering_and_when_it_changes) {
  World world;
  cr_expect(ends_with(world.of_bob.received, "* the room lobby is logged\n"), "%s",
            world.of_bob.received.c_str());
  world.house.set_recorder(nullptr);
  cr_expect(ends_with(world.of_bob.received, "* the room lobby is not logged now\n"));
  world.house.set_recorder(&world.logs);
  cr_expect(ends_with(world.of_bob.received, "* the room lobby is logged from now on\n"));
  const std::string before = world.of_bob.received;
  world.house.set_recorder(&world.logs);
  cr_expect(world.of_bob.received == before);
}

Test(room_logs, find_a_room_in_any_spelling_by_case) {
  World world;
  cr_expect(world.logs.record_of("LobbY") != nullptr);
  cr_expect(world.logs.record_of("lobby2") == nullptr);
  cr_expect(world.logs.record_of("lobb") == nullptr);
}

Test(room_logs, go_on_as_they_are_if_another_one_cannot_be_opened) {
  World world;
  std::vector<RoomLogFile> more = world.files;
  more.push_back({"kitchen", world.directory / "none/main.kitchen.log"});
  bool has_failed = false;
  try {
    world.logs.prepare(more, open_file);
  } catch (const std::system_error& error) {
    has_failed = std::string(error.what()).find("none/main.kitchen.log") != std::string::npos;
  }
  cr_expect(has_failed);
  world.say(*world.ann, "still here");
  world.house.flush();
  cr_expect(ends_with(world.log(), "<ann> still here\n"));
}

Test(room_logs, of_a_full_disk_are_reported_once_and_say_how_many_lines_are_missing) {
  bool is_full = true;
  World world([&is_full](const std::string& path) {
    return is_full ? Fd(::open("/dev/full", O_WRONLY | O_CLOEXEC)) : open_file(path);
  });
  for (int i = 0; i < 3; ++i) {
    world.say(*world.ann, "hello");
    world.house.flush();
  }
  cr_assert(world.warnings.size() == 1);
  cr_expect(ends_with(world.warnings[0],
                      "No space left on device; lines are dropped until it can be written again"));
  is_full = false;
  cr_expect(world.logs.reopen([&](const std::string& path) { return open_file(path); }) == 1);
  world.say(*world.ann, "at last");
  world.house.flush();
  const std::string log = world.log();
  // Two have joined, and three lines were said.
  cr_expect(log.find("Z * 5 lines are missing before this\n") != log.npos, "%s", log.c_str());
  cr_expect(ends_with(log, "<ann> at last\n"));
  cr_assert(world.warnings.size() == 2);
  cr_expect(ends_with(world.warnings[1], ": written again; 5 lines are missing"), "%s",
            world.warnings[1].c_str());
}

Test(room_logs, end_a_line_that_was_written_in_part) {
  std::signal(SIGXFSZ, SIG_IGN);
  World world;
  rlimit limit{};
  cr_assert(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit least{static_cast<rlim_t>(world.log().size() + 10), limit.rlim_max};
  cr_assert(::setrlimit(RLIMIT_FSIZE, &least) == 0);
  world.say(*world.ann, "one");
  world.house.flush();
  cr_assert(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  world.say(*world.ann, "two");
  world.house.flush();
  const std::string log = world.log();
  cr_expect(log.find("\n1970-01-01\n") != log.npos, "%s", log.c_str());
  cr_expect(log.find("Z * 1 line is missing before this\n") != log.npos, "%s", log.c_str());
  cr_expect(ends_with(log, "<ann> two\n"));
  cr_expect(world.warnings.size() == 2);
}

Test(room_logs, that_cannot_be_opened_again_go_on_as_they_were) {
  World world;
  const auto fail = [](const std::string& path) -> Fd {
    throw std::system_error(EACCES, std::generic_category(), "log " + path);
  };
  cr_expect(world.logs.reopen(fail) == 0);
  cr_assert(world.warnings.size() == 1);
  cr_expect(ends_with(world.warnings[0], "Permission denied; it goes on in the file as it was"));
  world.say(*world.ann, "still here");
  world.house.flush();
  cr_expect(ends_with(world.log(), "<ann> still here\n"));
}
