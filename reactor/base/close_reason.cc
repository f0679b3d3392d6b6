#include "close_reason.h"

#include <array>
#include <string>

namespace sluice {
namespace {

constexpr std::array<std::string_view, kCloseReasons> kNames = {
    "open",           "peer closed",  "closed",      "aborted",         "idle timeout",
    "write timeout",  "queue limit",  "input limit", "handler threw",   "drain deadline",
    "loop destroyed", "open timeout", "open failed", "transport error", "message timeout",
    "peer reset",     "system error", "moved"};
static_assert(!kNames.back().empty(), "a reason without a name");
static_assert(static_cast<std::size_t>(CloseReason::moved) + 1 == kCloseReasons);

bool is_orderly(CloseReason reason) noexcept {
  return reason == CloseReason::peer_closed || reason == CloseReason::closed;
}

// 0 is every orderly end, so the first reason's number, which is 0 too, moves up with the rest.
constexpr int kFirstValue = 1;

class CloseCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "sluice"; }
  [[nodiscard]] std::string message(int value) const override {
    if (value == 0) return "closed in order";
    if (value < kFirstValue || value - kFirstValue >= static_cast<int>(kCloseReasons)) {
      return "unknown close reason " + std::to_string(value);
    }
    return std::string(kNames[static_cast<std::size_t>(value - kFirstValue)]);
  }
};

}  // namespace

std::string_view to_string(CloseReason reason) noexcept {
  const auto number = static_cast<std::size_t>(reason);
  return number < kNames.size() ? kNames[number] : "unknown";
}

const std::error_category& close_category() noexcept {
  static const CloseCategory category;
  return category;
}

std::error_code make_error_code(CloseReason reason) noexcept {
  const int value = is_orderly(reason) ? 0 : static_cast<int>(reason) + kFirstValue;
  return {value, close_category()};
}

}  // namespace sluice
