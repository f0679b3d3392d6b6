#include "word_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "../../reactor/base/text/quote.h"
#include "../common/list_line.h"
#include "../common/usage_error.h"

namespace sluice::tools::lookup {
namespace {

constexpr std::size_t kReadSize = 64 * 1024;

[[noreturn]] void fail(const std::string& name, int error) {
  throw UsageError(name + ": " + std::generic_category().message(error));
}

}  // namespace

WordSource::WordSource(Loop& loop, std::vector<std::string> words,
                       const std::vector<std::string>& lists, std::function<void()> more)
    : loop_(loop), more_(std::move(more)) {
  for (std::string& word : words) waiting_.push_back({std::move(word), ""});
  for (const std::string& list : lists) {
    if (list == "-") {
      lists_.push_back({"standard input", Fd()});
      continue;
    }
    const std::string name = escape(list, kMaxQuoted);
    Fd file(::open(list.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) fail(name, errno);
    lists_.push_back({name, std::move(file)});
  }
}

std::optional<WordSource::Word> WordSource::next() {
  while (waiting_.empty() && !lists_.empty()) {
    if (!failure_.empty()) throw UsageError(std::exchange(failure_, {}));
    if (lists_.front().file) {
      read_file(lists_.front());
    } else {
      if (!input_) read_standard_input();
      input_->resume();
      return {};
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

void WordSource::read_file(List& list) {
  std::array<char, kReadSize> buffer;
  const ssize_t count = ::read(list.file.get(), buffer.data(), buffer.size());
  if (count < 0) {
    if (errno == EINTR) return;
    fail(list.name, errno);
  }
  if (count == 0) {
    if (!list.rest.empty()) take_line(list, std::exchange(list.rest, {}));
    lists_.pop_front();
    return;
  }
  list.rest.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t start = 0;
  for (std::size_t end = 0; (end = list.rest.find('\n', start)) != list.rest.npos;
       start = end + 1) {
    take_line(list, std::string_view(list.rest).substr(start, end - start));
  }
  list.rest.erase(0, start);
  if (list.rest.size() > kMaxListLine) {
    throw UsageError(list.name + ':' + std::to_string(list.lines + 1) + ": a line is longer than " +
                     std::to_string(kMaxListLine) + " bytes");
  }
}

void WordSource::read_standard_input() {
  LineInputOptions options;
  options.max_line = kMaxListLine;
  options.failed = [this](const std::string& why) {
    failure_ = "standard input: " + why;
    more_();
  };
  input_.emplace(
      loop_,
      [this](std::string_view line) {
        try {
          take_line(lists_.front(), line);
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

void WordSource::take_line(List& list, std::string_view line) {
  ++list.lines;
  const std::string where = list.name + ':' + std::to_string(list.lines) + ": ";
  try {
    read_list_line(line, list.lines, [&](std::string_view word) {
      waiting_.push_back({std::string(word), where});
    });
  } catch (const UsageError& error) {
    throw UsageError(where + error.what());
  }
}

}  // namespace sluice::tools::lookup
