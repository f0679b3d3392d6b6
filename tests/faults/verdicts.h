// What a scenario saw, and whether the fault explains it.
//
// Nothing here allocates while calls fail: a ledger has room for everything from the beginning.
#ifndef SLUICE_TESTS_FAULTS_VERDICTS_H
#define SLUICE_TESTS_FAULTS_VERDICTS_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <system_error>

#include "injector.h"

namespace sluice::faults {

// A connection, or anything else whose end must be reported once.
struct Fate {
  unsigned opened = 0;
  unsigned ended = 0;
  bool surprising = false;  // its outcome is not the one without a fault
  std::error_code reason;   // of that, or of the end
  void surprises(std::error_code why) noexcept {
    surprising = true;
    reason = why;
  }
};

class Ledger {
 public:
  static constexpr std::size_t kRoom = 32;
  Fate& add() noexcept { return fates_[used_ < kRoom ? used_++ : kRoom - 1]; }
  [[nodiscard]] const Fate* begin() const noexcept { return fates_.data(); }
  [[nodiscard]] const Fate* end() const noexcept { return fates_.data() + used_; }

 private:
  std::array<Fate, kRoom> fates_;
  std::size_t used_ = 0;
};

struct Sighting {
  Ledger connections;
  Ledger one_shots;             // timers, posts, deferred tasks: each must run once
  bool asks_for_names = false;  // some calls on sockets are not a connection's
  int datagrams_at = -1;        // their descriptor
  unsigned datagram_errors = 0;
  std::error_code datagram_error;
  unsigned clients_failed = 0;  // each got less than it was owed, or other than that
  std::string client_complaint;
  unsigned lost_datagrams = 0;    // no answer, however often it was asked
  std::uint64_t turned_away = 0;  // newcomers, as the loop counts them
  std::uint64_t turns = 0;
  std::string setting_up;  // what() of what it threw
  std::error_code setting_up_code;
  bool setting_up_memory = false;  // it was std::bad_alloc
};

// Runs a scenario, and notes what setting it up has thrown.
template <class Scenario>
void note_what_it_throws(Sighting& seen, Scenario&& scenario) {
  try {
    scenario();
  } catch (const std::bad_alloc&) {
    const Exempt exempt;
    seen.setting_up = "no memory";
    seen.setting_up_memory = true;
  } catch (const std::system_error& error) {
    const Exempt exempt;
    seen.setting_up = error.what();
    seen.setting_up_code = error.code();
  }
}

// What is wrong with it, a line each; empty when nothing is. `turns` is what an untouched run took.
std::string judge_sighting(const Sighting& seen, const Page& page, std::uint64_t turns);

// "recv 17 fails with ECONNRESET"
std::string describe(const Page& page);

}  // namespace sluice::faults

#endif
