// Why ports could not be tried, one line for each reason.
//
// Thread: one. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICE_SCAN_SCAN_FAILURES_H
#define SLUICE_TOOLS_SLUICE_SCAN_SCAN_FAILURES_H

#include <cstdint>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "../../reactor/base/address.h"

namespace sluice::tools::scan {

class ScanFailures {
 public:
  void add(int error, const Address& target) {
    Failure& failure = failures_[error];
    if (failure.count++ == 0) failure.first = target.to_string();
  }

  // "192.0.2.7:22: Too many open files (and 3 more)"
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const auto& [error, failure] : failures_) {
      lines.push_back(failure.first + ": " + std::generic_category().message(error));
      if (failure.count > 1) {
        lines.back() += " (and " + std::to_string(failure.count - 1) + " more)";
      }
    }
    return lines;
  }

 private:
  struct Failure {
    std::uint64_t count = 0;
    std::string first;
  };
  std::map<int, Failure> failures_;  // by errno
};

}  // namespace sluice::tools::scan

#endif
