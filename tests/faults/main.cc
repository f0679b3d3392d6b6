// Makes call 1 of a scenario fail, then call 2, and so on until a run has no more calls.
//
//   faults --scenario serving|pool|reaching_out [--backend epoll|poll|select] [--jobs N]
//          [--rounds N | --all] [--only system|memory] [--call N]
//
// Each run is a separate child process; `jobs` of them run at a time. --rounds: each call fails in
// N of its ways (1), chosen by its number; --all: in every way.
// A run passes if no signal ended it, it ended in time and used little processor time, all memory
// and descriptors were freed, and the fault explains everything that the scenario saw.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "driver_options.h"
#include "scenario.h"

#ifdef SLUICE_COVERAGE
extern "C" {
#include <gcov.h>
}
#endif
#ifdef SLUICE_FAULTS_SANITIZED
#include <sanitizer/lsan_interface.h>
#endif

namespace sluice::faults {
namespace {

constexpr unsigned kSeconds = 12;  // that a run may take
// Seconds, above twice what an untouched run takes.
#ifdef SLUICE_FAULTS_SANITIZED
constexpr double kMoreProcessorTime = 1;  // it looks for leaks
#else
constexpr double kMoreProcessorTime = 0.060;
#endif

// What an untouched run gave.
struct Measure {
  std::uint64_t turns = 0;
  std::int64_t blocks = 0;
  double processor = 0;
};

struct Shared {
  Page page;
  std::uint64_t turns = 0;
};

template <class Type>
Type* share() {
  void* place =
      ::mmap(nullptr, sizeof(Type), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) std::abort();
  return new (place) Type;
}

// In the child: the scenario, and what is wrong with what it saw, on the standard output.
[[noreturn]] void run_child(const Options& options, Shared& shared, const Measure* usual) {
  ::alarm(kSeconds);
  const std::int64_t descriptors = open_descriptors();
  const std::int64_t blocks = live_blocks();
  {
    Sighting seen;
    use_page(&shared.page);
    options.scenario(options.backend, seen);
    shared.turns = seen.turns;
    const std::string wrong =
        judge_sighting(seen, shared.page, usual == nullptr ? 0 : usual->turns);
    if (!wrong.empty()) (void)!::write(STDOUT_FILENO, wrong.data(), wrong.size());
  }
#ifdef SLUICE_FAULTS_SANITIZED  // it has the heap, and counts its blocks itself
  stop_counting();
  if (::__lsan_do_recoverable_leak_check() != 0) std::puts("memory is left");
#endif
  shared.page.blocks = live_blocks() - blocks;
  shared.page.descriptors = open_descriptors() - descriptors;
  shared.page.ended = 1;
#ifdef SLUICE_COVERAGE
  stop_counting();  // what writes the counts must not fail
  __gcov_dump();
#endif
  ::_exit(0);
}

std::string read_all(int fd) {
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t n = ::read(fd, piece.data(), piece.size()); n > 0;
       n = ::read(fd, piece.data(), piece.size())) {
    text.append(piece.data(), static_cast<std::size_t>(n));
  }
  return text;
}

struct Outcome {
  std::string wrong;
  double processor = 0;
};

Outcome run_once(const Options& options, Shared& shared, const Measure* usual) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  const pid_t child = ::fork();
  if (child < 0) std::abort();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);  // what libev and assert() say before they abort
    ::close(ends[0]);
    ::close(ends[1]);
    run_child(options, shared, usual);
  }
  ::close(ends[1]);
  Outcome outcome;
  outcome.wrong = read_all(ends[0]);
  ::close(ends[0]);
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  outcome.processor = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                      static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    outcome.wrong += signal == SIGALRM ? std::string("it hangs\n")
                                       : std::string("ended by ") + ::strsignal(signal) + "\n";
  } else if (shared.page.ended == 0) {
    outcome.wrong += "it exited by itself\n";
  }
  return outcome;
}

std::string judge_resources(const Page& page, const Outcome& outcome, const Measure& usual) {
  std::string wrong;
  if (page.ended == 0) return wrong;
  if (page.descriptors != 0) {
    wrong += std::to_string(page.descriptors) + " descriptors are left open\n";
  }
  if (page.blocks > usual.blocks) {
    wrong += std::to_string(page.blocks - usual.blocks) + " blocks of memory are left\n";
  }
  if (outcome.processor > 2 * usual.processor + kMoreProcessorTime) {
    wrong += std::to_string(outcome.processor) + " s of processor time, untouched " +
             std::to_string(usual.processor) + "\n";
  }
  return wrong;
}

struct Tally {
  std::uint64_t tried = 0;
  std::uint64_t wrong = 0;
};

// Tries one fault. False when it was not struck: the call is not made, or has no such variant.
bool try_fault(const Options& options, const Page& plan, Shared& shared, const Measure& usual,
               Tally& tally) {
  shared = Shared{};
  shared.page = plan;
  const Outcome outcome = run_once(options, shared, &usual);
  const std::string wrong = outcome.wrong + judge_resources(shared.page, outcome, usual);
  tally.tried += shared.page.struck;
  if (!wrong.empty()) {
    ++tally.wrong;
    std::printf("%s:\n%s\n", describe(shared.page).c_str(), wrong.c_str());
    std::fflush(stdout);
  }
  return shared.page.struck != 0;
}

// Every `jobs`-th call of a domain, from `first`, until a run passes untouched.
void try_line(const Options& options, Domain domain, std::uint64_t first, const Measure& usual,
              Tally& tally) {
  Shared& shared = *share<Shared>();
  for (std::uint64_t nth = first;; nth += options.jobs) {
    if (options.call != 0 && nth != options.call) {
      if (nth > options.call) break;
      continue;
    }
    const std::uint64_t rounds = options.rounds == 0 ? UINT64_MAX : options.rounds;
    bool made = false;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      Page plan;
      plan.domain = domain;
      plan.nth = nth;
      plan.wrap = options.rounds != 0;
      plan.variant = plan.wrap != 0 ? nth + round : round;
      const bool struck = try_fault(options, plan, shared, usual, tally);
      made = made || struck;
      const bool all = plan.wrap != 0 ? round + 1 >= shared.page.variants : !struck;
      if (all) break;
    }
    if (!made) break;
  }
  ::munmap(&shared, sizeof shared);
}

Measure measure(const Options& options) {
  constexpr int kTimes = 5;
  Shared& shared = *share<Shared>();
  Measure usual;
  for (int i = 0; i < kTimes; ++i) {
    shared = Shared{};
    shared.page.domain = Domain::system;
    const Outcome outcome = run_once(options, shared, nullptr);
    const std::string wrong = outcome.wrong;
    if (!wrong.empty() || shared.page.descriptors != 0) {
      std::printf("untouched: %s%lld descriptors are left open\n", wrong.c_str(),
                  static_cast<long long>(shared.page.descriptors));
      std::exit(1);
    }
    usual.turns = std::max(usual.turns, shared.turns);
    usual.blocks = std::max(usual.blocks, shared.page.blocks);
    usual.processor = std::max(usual.processor, outcome.processor);
  }
  ::munmap(&shared, sizeof shared);
  return usual;
}

Tally try_all(const Options& options, const Measure& usual) {
  std::vector<pid_t> lines;
  Tally* tallies =
      static_cast<Tally*>(::mmap(nullptr, options.jobs * sizeof(Tally), PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (tallies == MAP_FAILED) std::abort();
  for (std::uint64_t job = 0; job < options.jobs; ++job) {
    const pid_t line = ::fork();
    if (line < 0) std::abort();
    if (line > 0) {
      lines.push_back(line);
      continue;
    }
    for (const Domain domain : {Domain::system, Domain::memory}) {
      if (options.only != Domain::none && options.only != domain) continue;
      try_line(options, domain, job + 1, usual, tallies[job]);
    }
    std::fflush(stdout);
    ::_exit(0);
  }
  Tally sum;
  for (const pid_t line : lines) {
    int status = 0;
    ::waitpid(line, &status, 0);
    if (status != 0) ++sum.wrong;
  }
  for (std::uint64_t job = 0; job < options.jobs; ++job) {
    sum.tried += tallies[job].tried;
    sum.wrong += tallies[job].wrong;
  }
  return sum;
}

int run(const std::vector<std::string>& arguments) {
  const Options options = parse_driver_options(arguments);
  const Measure usual = measure(options);
  std::printf("untouched: %llu turns, %.3f s of processor time\n",
              static_cast<unsigned long long>(usual.turns), usual.processor);
  std::fflush(stdout);
  const Tally tally = try_all(options, usual);
  std::printf("%llu faults tried, %llu with something wrong\n",
              static_cast<unsigned long long>(tally.tried),
              static_cast<unsigned long long>(tally.wrong));
  return tally.wrong == 0 && tally.tried > 0 ? 0 : 1;
}

}  // namespace
}  // namespace sluice::faults

int main(int argc, char** argv) { return sluice::faults::run({argv + 1, argv + argc}); }
