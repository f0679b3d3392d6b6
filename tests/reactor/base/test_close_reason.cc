// Close reasons as text and as an error_code, which is false for the orderly ends.
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <criterion/criterion.h>

#include <sluice/close_reason.h>

using sluice::close_category;
using sluice::CloseReason;
using sluice::kCloseReasons;

namespace {

std::vector<CloseReason> all_reasons() {
  std::vector<CloseReason> reasons;
  for (std::size_t i = 0; i < kCloseReasons; ++i) reasons.push_back(static_cast<CloseReason>(i));
  return reasons;
}

bool is_orderly(CloseReason reason) {
  return reason == CloseReason::peer_closed || reason == CloseReason::closed;
}

}  // namespace

Test(close_reason, has_a_text_for_each_reason) {
  const std::vector<std::pair<CloseReason, std::string_view>> names = {
      {CloseReason::open, "open"},
      {CloseReason::peer_closed, "peer closed"},
      {CloseReason::closed, "closed"},
      {CloseReason::aborted, "aborted"},
      {CloseReason::idle_timeout, "idle timeout"},
      {CloseReason::write_timeout, "write timeout"},
      {CloseReason::queue_limit, "queue limit"},
      {CloseReason::input_limit, "input limit"},
      {CloseReason::handler_threw, "handler threw"},
      {CloseReason::drain_deadline, "drain deadline"},
      {CloseReason::loop_destroyed, "loop destroyed"},
      {CloseReason::open_timeout, "open timeout"},
      {CloseReason::open_failed, "open failed"},
      {CloseReason::transport_error, "transport error"},
      {CloseReason::message_timeout, "message timeout"},
      {CloseReason::peer_reset, "peer reset"},
      {CloseReason::system_error, "system error"},
      {CloseReason::moved, "moved"}};
  cr_expect(names.size() == kCloseReasons);
  for (const auto& [reason, name] : names) {
    cr_expect(to_string(reason) == name, "%d prints as \"%s\"", static_cast<int>(reason),
              std::string(to_string(reason)).c_str());
  }
}

Test(close_reason, prints_an_invalid_number_as_unknown) {
  cr_expect(to_string(static_cast<CloseReason>(kCloseReasons)) == "unknown");
  cr_expect(to_string(static_cast<CloseReason>(255)) == "unknown");
}

Test(close_reason, is_false_only_for_the_orderly_ends) {
  for (const CloseReason reason : all_reasons()) {
    const std::error_code error = make_error_code(reason);
    cr_expect(static_cast<bool>(error) == !is_orderly(reason), "%s",
              std::string(to_string(reason)).c_str());
    cr_expect((error.value() == 0) == is_orderly(reason));
    cr_expect(error.category() == close_category());
  }
}

Test(close_reason, has_a_different_value_and_message_for_each_disorderly_end) {
  std::set<int> values;
  for (const CloseReason reason : all_reasons()) {
    if (is_orderly(reason)) continue;
    const std::error_code error = make_error_code(reason);
    cr_expect(values.insert(error.value()).second, "value %d twice", error.value());
    cr_expect(error.message() == to_string(reason), "%s", error.message().c_str());
  }
}

Test(close_reason, says_closed_in_order_for_the_orderly_ends) {
  cr_expect(make_error_code(CloseReason::closed).message() == "closed in order");
  cr_expect(make_error_code(CloseReason::peer_closed).message() == "closed in order");
  cr_expect(close_category().message(0) == "closed in order");
}

Test(close_reason, has_a_category_named_sluice) {
  cr_expect(std::string_view(close_category().name()) == "sluice");
  cr_expect(&close_category() == &close_category());
}

Test(close_reason, survives_an_invalid_value) {
  constexpr int kLast = static_cast<int>(kCloseReasons);  // 0 is every orderly end
  for (const int value : {-1, 1000, kLast + 1}) {
    const std::string message = close_category().message(value);
    cr_expect(message == "unknown close reason " + std::to_string(value), "%s", message.c_str());
  }
  cr_expect(close_category().message(kLast) == "moved");
}

Test(close_reason, converts_implicitly_to_an_error_code) {
  const std::error_code error = CloseReason::idle_timeout;
  cr_expect(error == CloseReason::idle_timeout);
  cr_expect(error != CloseReason::write_timeout);
  cr_expect(error != std::error_code(error.value(), std::system_category()));
}
