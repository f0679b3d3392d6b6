// Tests with faults that only memcheck sees, and some with none: for test_launch.py.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include <criterion/criterion.h>

namespace {

// What the compiler cannot know, so that it neither warns nor leaves anything out.
volatile std::size_t g_eight = 8;
char* volatile g_block = nullptr;
volatile bool g_seen = false;

void look_at(bool value) {
  if (value) g_seen = true;
}

}  // namespace

Test(faulty, reads_past_the_end) {
  g_block = static_cast<char*>(std::calloc(1, g_eight));
  look_at(g_block[g_eight] == 'x');
  std::free(g_block);
}

Test(faulty, reads_what_was_never_written) {
  g_block = static_cast<char*>(std::malloc(g_eight));
  look_at(g_block[0] == 'x');
  std::free(g_block);
}

Test(faulty, loses_a_block) {
  g_block = static_cast<char*>(std::malloc(g_eight));
  g_block = nullptr;
}

Test(faulty, has_a_child_that_reads_past_the_end) {
  const pid_t child = ::fork();
  if (child == 0) {
    g_block = static_cast<char*>(std::calloc(1, g_eight));
    look_at(g_block[g_eight] == 'x');
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
}

Test(faulty, expects_what_is_not) { cr_expect(g_eight == 9); }

Test(faulty, asserts_what_is_not) { cr_assert(g_eight == 9); }

Test(faulty, throws) { throw g_eight; }

Test(faulty, ends_by_a_signal) { ::raise(SIGTERM); }

Test(faulty, does_not_end_as_it_should, .signal = SIGABRT) {}

Test(sound, keeps_a_block) { g_block = static_cast<char*>(std::calloc(1, g_eight)); }

Test(sound, ends_by_the_signal_that_it_should, .signal = SIGABRT) { std::abort(); }

Test(sound, is_skipped) { cr_skip_test("for a reason"); }
