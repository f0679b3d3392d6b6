#include "workers.h"

#include <charconv>

#include "../../../reactor/base/text/quote.h"
#include "../../../reactor/loop/loop_pool.h"
#include "../../common/usage_error.h"

namespace sluice::tools::daemon {

std::size_t workers_from(std::string_view text) {
  if (text == "auto") return kAutoWorkers;
  std::size_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error == std::errc() && rest == end && count >= 1 && count <= LoopPool::kMaxLoops) {
    return count;
  }
  throw UsageError("workers " + quote(text) + " is not auto or a number in 1-" +
                   std::to_string(LoopPool::kMaxLoops));
}

std::string write_workers(std::size_t workers) {
  return workers == kAutoWorkers ? "auto" : std::to_string(workers);
}

}  // namespace sluice::tools::daemon
