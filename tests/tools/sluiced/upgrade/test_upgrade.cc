// Another program in place of this one: it says nothing, or it cannot be executed. What a real one
// does is in tests/e2e/operation/test_upgrade.py.
#include <fcntl.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "support/streams.h"
#include "tools/sluiced/upgrade/item_sender.h"
#include "tools/sluiced/upgrade/upgrade.h"

using namespace sluice;
using namespace sluice::test;
using namespace sluice::tools::daemon;
using std::chrono::milliseconds;

namespace {

StartedProgram shell(const std::string& script) {
  return {.path = "/bin/sh", .arguments = {"sh", "-c", script}};
}

// Why the program is not the successor.
std::string outcome_of(const std::string& script, milliseconds deadline, pid_t& process) {
  Loop loop;
  std::string why;
  bool done = false;
  const Upgrade upgrade(
      loop, shell(script), {},
      [&](const Upgrade::Result& result) {
        cr_expect(!result.ok);
        why = result.why;
        done = true;
      },
      deadline);
  process = upgrade.process();
  turn_until(
      loop, [&] { return done; }, "the outcome");
  return why;
}

}  // namespace

Test(upgrade, a_program_that_says_nothing_until_the_deadline_is_ended) {
  pid_t process = 0;
  const std::string why = outcome_of("exec sleep 600", milliseconds(50), process);
  cr_expect(why.ends_with(" was not ready after 50 ms"), "%s", why.c_str());
  cr_expect(::kill(process, 0) != 0 && errno == ESRCH, "it is gone, and waited for");
}

Test(upgrade, a_program_that_ends_is_reported_with_its_status) {
  pid_t process = 0;
  const std::string why = outcome_of("exit 7", milliseconds(60'000), process);
  cr_expect(why == "the new process " + std::to_string(process) +
                       " ended before it was ready: exit status 7",
            "%s", why.c_str());
}

Test(upgrade, a_program_that_cannot_be_executed_throws) {
  Loop loop;
  try {
    const Upgrade upgrade(loop, {.path = "/nowhere/sluiced", .arguments = {"sluiced"}}, {},
                          [](const Upgrade::Result&) {});
    cr_assert_fail("nothing was thrown");
  } catch (const std::system_error& error) {
    cr_expect(error.code() == std::errc::no_such_file_or_directory);
    cr_expect(std::string(error.what()).starts_with("/nowhere/sluiced"), "%s", error.what());
  }
}

Test(upgrade, the_program_that_was_started_has_an_absolute_path) {
  const char* const argv[] = {"bin/sluiced", "-n"};
  const StartedProgram program = StartedProgram::of_process(2, argv);
  cr_expect(program.path.starts_with('/') && program.path.ends_with("/bin/sluiced"));
  cr_expect(program.arguments.size() == 2 && program.name() == "bin/sluiced");
  const char* const plain[] = {"sh"};
  cr_expect(StartedProgram::of_process(1, plain).path.ends_with("/sh"));
}

// As many as a service manager may have passed: the channel has no room for them at once.
Test(upgrade, more_items_than_the_channel_holds_wait_until_they_are_read) {
  constexpr std::size_t kItems = 2000;
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<HandoverItem> items(kItems, {{"passed", "name"}, null.get()});
  items.push_back({{"end"}});
  Loop loop;
  auto [ours, theirs] = HandoverChannel::make_pair();
  const HandoverChannel reader(std::move(theirs));
  const ItemSender sender(loop, std::move(ours), std::move(items));
  loop.poll();
  std::size_t received = 0;
  HandoverMessage message{.fields = {""}};
  turn_until(
      loop,
      [&] {
        while (reader.receive(message) == HandoverChannel::Status::done) ++received;
        return message.fields.front() == "end";
      },
      "the end");
  cr_expect(received == kItems + 1);
}
