// A sweep of a list of targets, and its results.
#ifndef SLUICE_TESTS_SUPPORT_SWEEPS_H
#define SLUICE_TESTS_SUPPORT_SWEEPS_H

#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include "addresses.h"
#include "backend.h"
#include "connects.h"
#include <sluice/loop.h>
#include <sluice/sweep.h>

namespace sluice::test {

struct Run {
  explicit Run(std::vector<SweepTarget> of, const SweepOptions& options = {})
      : targets(std::move(of)),
        sweep(
            loop, options,
            [this]() -> std::optional<SweepTarget> {
              ++asked;
              if (given == targets.size()) return std::nullopt;
              return targets[given++];
            },
            [this](const SweepResult& result, Fd& socket) {
              results.push_back(result);
              if (report) report(result, socket);
            },
            [this] {
              ++done;
              loop.stop();
            }) {}

  void complete() {
    sweep.start();
    loop.run();
    cr_assert(done == 1);
    cr_assert(results.size() == targets.size(), "%zu of %zu", results.size(), targets.size());
    cr_assert(sweep.pending().empty());
    cr_assert(sweep.counters().in_flight == 0);
  }

  Loop loop{backend_options()};
  std::vector<SweepTarget> targets;
  std::size_t given = 0;
  std::size_t asked = 0;
  int done = 0;
  std::vector<SweepResult> results;
  std::function<void(const SweepResult&, Fd&)> report;
  Sweep sweep;
};

// The numbers from 0 to `size` - 1 in an order that the seed chooses.
inline std::vector<std::uint64_t> shuffled(std::uint64_t size, unsigned seed) {
  std::vector<std::uint64_t> numbers(size);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::shuffle(numbers.begin(), numbers.end(), std::mt19937_64(seed));
  return numbers;
}

inline std::vector<SweepTarget> ports_of(const char* host, unsigned first, unsigned last) {
  std::vector<SweepTarget> targets;
  for (unsigned port = first; port <= last; ++port) {
    targets.push_back({.address = ip(host, static_cast<std::uint16_t>(port)), .tag = port});
  }
  return targets;
}

inline SweepTarget target_of(const Refusing& socket, std::uint64_t tag = 0) {
  return {.address = socket.address(), .tag = tag};
}

inline SweepOptions without_reuse() {
  SweepOptions options;
  options.reuse_refused = false;
  return options;
}

}  // namespace sluice::test

#endif
