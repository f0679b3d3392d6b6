// Members that others wait for, and how long: on virtual time.
#include <chrono>
#include <string>

#include <criterion/criterion.h>

#include "reactor/loop/patience_list.h"

using namespace sluice;  // NOLINT(google-build-using-namespace)
using std::chrono::milliseconds;

namespace {

LoopOptions virtual_time() {
  LoopOptions options;
  options.virtual_time = true;
  return options;
}

struct World {
  Loop loop{virtual_time()};
  std::string journal;  // the members that expired, and a full stop for each time that it was done
  char a = 'a';
  char b = 'b';
  PatienceList<char> list{loop, [this](char& member) { journal += member; },
                          [this] { journal += '.'; }};
};

}  // namespace

Test(patience_list, a_member_expires_at_its_deadline_and_not_before) {
  World world;
  world.list.add(world.a, milliseconds(100));
  world.loop.advance(milliseconds(99));
  cr_expect(world.journal.empty() && world.list.size() == 1);
  world.loop.advance(milliseconds(1));
  cr_expect(world.journal == "a.", "%s", world.journal.c_str());
  cr_expect(world.list.size() == 0);
}

Test(patience_list, each_member_has_its_whole_patience) {
  World world;
  world.list.add(world.a, milliseconds(100));
  world.loop.advance(milliseconds(60));
  world.list.add(world.b, milliseconds(100));
  world.loop.advance(milliseconds(99));
  cr_expect(world.journal == "a.", "%s", world.journal.c_str());
  world.loop.advance(milliseconds(1));
  cr_expect(world.journal == "a.b.", "%s", world.journal.c_str());
}

Test(patience_list, members_that_expire_together_are_done_once) {
  World world;
  world.list.add(world.a, milliseconds(100));
  world.list.add(world.b, milliseconds(100));
  world.loop.advance(milliseconds(100));
  cr_expect(world.journal == "ab.", "%s", world.journal.c_str());
}

Test(patience_list, who_is_removed_does_not_expire) {
  World world;
  world.list.add(world.a, milliseconds(100));
  world.list.add(world.b, milliseconds(100));
  cr_expect(world.list.remove(world.a));
  cr_expect(!world.list.remove(world.a), "it is not on the list any more");
  world.loop.advance(milliseconds(100));
  cr_expect(world.journal == "b.", "%s", world.journal.c_str());
}

Test(patience_list, a_member_that_expires_may_remove_another_one) {
  Loop loop(virtual_time());
  std::string journal;
  char a = 'a';
  char b = 'b';
  PatienceList<char>* self = nullptr;
  PatienceList<char> list(
      loop,
      [&](char& member) {
        journal += member;
        cr_expect(!self->remove(member), "it is not on the list any more");
        self->remove(b);
      },
      [] {});
  self = &list;
  list.add(a, milliseconds(100));
  list.add(b, milliseconds(100));
  loop.advance(milliseconds(1000));
  cr_expect(journal == "a", "%s", journal.c_str());
}
