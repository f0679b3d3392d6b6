#include "word_source.h"

#include <utility>

#include "../common/usage_error.h"

namespace sluice::tools::lookup {

WordSource::WordSource(Loop& loop, std::vector<std::string> words,
                       const std::vector<std::string>& lists, std::function<void()> more)
    : loop_(loop), more_(std::move(more)) {
  for (std::string& word : words) waiting_.push_back({std::move(word), ""});
  for (const std::string& list : lists) lists_.emplace_back(list);
}

std::optional<WordSource::Word> WordSource::next() {
  while (waiting_.empty() && !lists_.empty()) {
    if (!failure_.empty()) throw UsageError(std::exchange(failure_, {}));
    if (lists_.front().is_standard_input()) {
      if (!input_) read_standard_input();
      input_->resume();
      return {};
    }
    if (!lists_.front().read([this](std::string_view word) { add_word(word); })) {
      lists_.pop_front();
    }
  }
  if (waiting_.empty()) return {};
  Word word = std::move(waiting_.front());
  waiting_.pop_front();
  if (input_ && input_->paused() && waiting_.size() < kMaxWaiting / 2) input_->resume();
  return word;
}

LineInput* WordSource::terminal() noexcept {
  return input_ && input_->editing() ? &*input_ : nullptr;
}

void WordSource::read_standard_input() {
  LineInputOptions options;
  options.max_line = ListFile::kMaxLine;
  options.failed = [this](const std::string& why) {
    failure_ = "standard input: " + why;
    more_();
  };
  input_.emplace(
      loop_,
      [this](std::string_view line) {
        try {
          lists_.front().add_line(line, [this](std::string_view word) { add_word(word); });
        } catch (const UsageError& error) {
          input_->stop();
          failure_ = error.what();
        }
        if (waiting_.size() >= kMaxWaiting) input_->pause();
        more_();
      },
      [this] {
        // The list is not the last one where another file follows.
        lists_.pop_front();
        more_();
      },
      options);
}

void WordSource::add_word(std::string_view word) {
  waiting_.push_back({std::string(word), lists_.front().where()});
}

}  // namespace sluice::tools::lookup
