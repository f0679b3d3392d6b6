// A runner for Criterion's tests that forks: LD_PRELOAD=libforked.so build/test/tests/test_loop.
//
// Criterion starts the whole program again for each test, and under memcheck a start costs a second
// of computing. Here each test is a child by fork() alone, which costs next to nothing, and
// inherits nothing but a program that has just begun. This main() and these functions are found
// before Criterion's, of which none runs: it would switch memcheck's reports off.
//
// Tests whose names stand in SLUICE_LEFT_OUT, between blanks, do not run.
//
// The exit status is 0 when every test passed. A test that memcheck finds fault with has the exit
// status that --error-exitcode names, and has failed.
#include <elf.h>
#include <link.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <string>

#include <criterion/criterion.h>

#define SLUICE_IN_PLACE_OF_CRITERION extern "C" __attribute__((visibility("default")))
#define SLUICE_FORMATS(format_at) __attribute__((format(printf, format_at, format_at + 1)))

namespace {

constexpr int kFailed = 1;
constexpr int kSkipped = 77;

const criterion_test* running = nullptr;
bool has_failed = false;

struct Tally {
  int tested = 0;
  int passing = 0;
  int failing = 0;
  int crashing = 0;
};

// Where the program itself is in memory: it is the first that the linker tells of.
ElfW(Addr) load_address() {
  ElfW(Addr) address = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* into) {
        *static_cast<ElfW(Addr)*>(into) = info->dlpi_addr;
        return 1;
      },
      &address);
  return address;
}

template <typename Record>
Record record_at(const std::string& file, std::size_t offset) {
  Record record;
  if (offset > file.size() || file.size() - offset < sizeof record) {
    std::fputs("the program's sections cannot be read\n", stderr);
    std::exit(EXIT_FAILURE);
  }
  std::memcpy(&record, file.data() + offset, sizeof record);
  return record;
}

// Criterion's macros leave a pointer to each test in a section of this name.
std::span<const criterion_test* const> tests_of(const char* program) {
  std::ifstream stream(program, std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), {}};
  const auto header = record_at<ElfW(Ehdr)>(file, 0);
  const auto section_at = [&](std::size_t index) {
    return record_at<ElfW(Shdr)>(file, header.e_shoff + index * header.e_shentsize);
  };
  const auto names = section_at(header.e_shstrndx);
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const auto section = section_at(i);
    if (file.compare(names.sh_offset + section.sh_name, sizeof "cr_tst", "cr_tst",
                     sizeof "cr_tst") != 0)
      continue;
    return {reinterpret_cast<const criterion_test* const*>(load_address() + section.sh_addr),
            section.sh_size / sizeof(criterion_test*)};
  }
  return {};
}

bool is_left_out(const criterion_test& test) {
  const char* const names = std::getenv("SLUICE_LEFT_OUT");
  if (test.data->disabled || names == nullptr) return test.data->disabled;
  std::istringstream list(names);
  return std::find(std::istream_iterator<std::string>(list), {}, test.name) !=
         std::istream_iterator<std::string>();
}

__attribute__((format(printf, 1, 0))) void say(const char* format, std::va_list values) {
  std::fprintf(stderr, "[----] %s::%s: ", running->category, running->name);
  std::vfprintf(stderr, format, values);
  std::fputc('\n', stderr);
}

[[noreturn]] void be(const criterion_test& test) {
  running = &test;
  test.test();
  std::exit(has_failed ? kFailed : EXIT_SUCCESS);
}

int in_a_child(const criterion_test& test) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) be(test);
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child) {
    std::perror("fork");
    std::exit(EXIT_FAILURE);
  }
  return status;
}

void judge(const criterion_test& test, int status, Tally& tally) {
  ++tally.tested;
  const criterion_test_extra_data& wanted = *test.data;
  if (WIFSIGNALED(status)) {
    if (WTERMSIG(status) == wanted.signal) {
      ++tally.passing;
      return;
    }
    ++tally.crashing;
    std::fprintf(stderr, "[FAIL] %s::%s: signal %d\n", test.category, test.name, WTERMSIG(status));
    return;
  }
  const int code = WEXITSTATUS(status);
  if (code == kSkipped) return;
  if (code == wanted.exit_code && wanted.signal == 0) {
    ++tally.passing;
    return;
  }
  ++tally.failing;
  std::fprintf(stderr, "[FAIL] %s::%s: exit status %d\n", test.category, test.name, code);
}

}  // namespace

SLUICE_IN_PLACE_OF_CRITERION void criterion_send_assert(criterion_assert_stats* stats) {
  if (stats->passed) return;
  std::fprintf(stderr, "[----] %s:%u: %s\n", stats->file, stats->line, stats->message);
}

SLUICE_IN_PLACE_OF_CRITERION void cri_asserts_passed_incr() {}

SLUICE_IN_PLACE_OF_CRITERION void criterion_continue_test() { has_failed = true; }

SLUICE_IN_PLACE_OF_CRITERION void criterion_abort_test() { ::_exit(kFailed); }

SLUICE_IN_PLACE_OF_CRITERION SLUICE_FORMATS(1) void criterion_skip_test(const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  say(format, values);
  va_end(values);
  ::_exit(kSkipped);
}

SLUICE_IN_PLACE_OF_CRITERION SLUICE_FORMATS(1) void criterion_test_die(const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  say(format, values);
  va_end(values);
  ::_exit(kFailed);
}

SLUICE_IN_PLACE_OF_CRITERION SLUICE_FORMATS(2) void cr_log(criterion_severity, const char* format,
                                                           ...) {
  std::va_list values;
  va_start(values, format);
  say(format, values);
  va_end(values);
}

SLUICE_IN_PLACE_OF_CRITERION void criterion_internal_test_setup() {
  if (running->data->init != nullptr) running->data->init();
}

SLUICE_IN_PLACE_OF_CRITERION void criterion_internal_test_main(void (*test)()) { test(); }

SLUICE_IN_PLACE_OF_CRITERION void criterion_internal_test_teardown() {
  if (running->data->fini != nullptr) running->data->fini();
}

SLUICE_IN_PLACE_OF_CRITERION int main(int, char** arguments) {
  ::unsetenv("LD_PRELOAD");  // What a test starts is none of this.
  Tally tally;
  for (const criterion_test* const test : tests_of(arguments[0])) {
    if (!is_left_out(*test)) judge(*test, in_a_child(*test), tally);
  }
  std::fprintf(stderr, "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: %d \n",
               tally.tested, tally.passing, tally.failing, tally.crashing);
  return tally.failing + tally.crashing == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
