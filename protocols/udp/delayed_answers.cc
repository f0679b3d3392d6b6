#include "delayed_answers.h"

#include <algorithm>

namespace sluice {

bool DelayedAnswers::add(const Address& to, TimePoint due) {
  if (waiting_.size() >= limit_) return false;
  waiting_.push_back({due, to});
  std::ranges::push_heap(waiting_, later);
  return true;
}

std::optional<Address> DelayedAnswers::pop_due(TimePoint now) {
  if (waiting_.empty() || waiting_.front().due > now) return std::nullopt;
  std::ranges::pop_heap(waiting_, later);
  const Address to = waiting_.back().to;
  waiting_.pop_back();
  return to;
}

}  // namespace sluice
