#include "answer_errors.h"

#include <utility>

namespace sluice {

AnswerErrors::AnswerErrors(Loop& loop, const std::string& where)
    : where_(where), report_(loop, [this] { return describe(); }) {}

void AnswerErrors::report(std::error_code error, const Address& to) {
  last_ = error;
  last_to_ = to;
  report_.happened();
}

Report AnswerErrors::describe() const {
  std::string what = "no answer over UDP";
  if (last_to_.is_ip()) what += " to " + last_to_.to_string();
  return {
      .kind = Report::Kind::socket_error, .where = where_, .what = std::move(what), .error = last_};
}

}  // namespace sluice
