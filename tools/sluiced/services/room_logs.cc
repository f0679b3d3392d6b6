#include "room_logs.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <new>
#include <system_error>

#include "../../../protocols/chat/chat_lines.h"
#include "../../../protocols/chat/chat_name.h"
#include "../../../protocols/chat/chat_text.h"
#include "../../../reactor/base/text/quote.h"
#include "../../common/timestamp.h"
#include "../../common/write_all.h"
#include "../endpoints/opener.h"
#include "../log/open_log.h"

namespace sluice::tools::daemon {
namespace {

std::uint64_t lines_in(std::string_view text) noexcept {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

std::string lines_missing(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " line is missing" : " lines are missing");
}

}  // namespace

// --- One room ---

void RoomLog::add(const ChatEvent& event) noexcept {
  const std::size_t before = pending_.size();
  try {
    pending_ += timestamp(event.time);
    pending_ += ' ';
    const std::size_t start = pending_.size();
    ChatLines::format().append(pending_, event);
    if (pending_.size() == start) pending_.resize(before);  // plain lines have no form for it
  } catch (const std::bad_alloc&) {
    pending_.resize(before);
    ++dropped_;
  }
  if (pending_.size() >= kMaxPending) flush();
}

// What comes before the lines of a file that has not accepted all of the last ones.
std::string RoomLog::head() const {
  std::string text;
  if (is_torn_) text += '\n';
  if (dropped_ == 0) return text;
  return text + timestamp(std::chrono::system_clock::now()) + ' ' + std::string(kNoticePrefix) +
         lines_missing(dropped_) + " before this\n";
}

void RoomLog::flush() noexcept {
  if (pending_.empty()) return;
  std::size_t first = 0;
  try {
    const std::string before = head();
    pending_.insert(0, before);
    first = before.size();
  } catch (const std::bad_alloc&) {
    dropped_ += lines_in(pending_);
    return pending_.clear();
  }
  const std::size_t written = write_all(opened_.get(), pending_);
  const int error = errno;
  const std::string_view rest = std::string_view(pending_).substr(std::max(written, first));
  if (written > 0) is_torn_ = pending_[written - 1] != '\n';
  const bool is_whole = written == pending_.size();
  const std::uint64_t before = written < first ? dropped_ : 0;  // the file does not say it yet
  const std::uint64_t dropped = std::exchange(dropped_, before + lines_in(rest));
  pending_.clear();
  if (!is_whole) return failed(error);
  if (is_failing_) recovered(dropped);
}

// One line however long it lasts.
void RoomLog::failed(int error) noexcept {
  if (std::exchange(is_failing_, true)) return;
  try {
    warn_("room log " + quote(file_.path) + ": " + std::generic_category().message(error) +
          "; lines are dropped until it can be written again");
  } catch (const std::bad_alloc&) {
    is_failing_ = false;  // the next one says it
  }
}

void RoomLog::recovered(std::uint64_t dropped) noexcept {
  is_failing_ = false;
  try {
    warn_("room log " + quote(file_.path) + ": written again; " + lines_missing(dropped));
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): the file says it too
  }
}

void RoomLog::replace(Fd opened) noexcept {
  flush();
  opened_ = std::move(opened);
  is_torn_ = false;
}

// --- All rooms of a house ---

Fd open_room_log(const std::string& path) {
  if (Opener* const opener = Opener::of_process()) {
    return opener->log({LogTarget::Kind::file, path});
  }
  return open_log({LogTarget::Kind::file, path});
}

RoomLog* RoomLogs::find(const RoomLogFile& file) const noexcept {
  const auto found = std::find_if(logs_.begin(), logs_.end(),
                                  [&file](const auto& log) { return log->file() == file; });
  return found == logs_.end() ? nullptr : found->get();
}

void RoomLogs::prepare(std::span<const RoomLogFile> files, const Open& open) {
  next_.clear();
  std::vector<Next> next;
  next.reserve(files.size());
  for (const RoomLogFile& file : files) {
    RoomLog* const same = find(file);
    next.push_back({same, nullptr});
    if (same == nullptr) {
      next.back().fresh = std::make_unique<RoomLog>(file, open(file.path), warn_);
    }
  }
  room_for_next_.reserve(next.size());
  next_ = std::move(next);
}

void RoomLogs::use() noexcept {
  for (Next& next : next_) {
    if (next.fresh == nullptr) {
      const auto same = std::find_if(logs_.begin(), logs_.end(),
                                     [&next](const auto& log) { return log.get() == next.same; });
      next.fresh = std::move(*same);
    }
    room_for_next_.push_back(std::move(next.fresh));
  }
  next_.clear();
  logs_.swap(room_for_next_);
  room_for_next_.clear();
}

std::size_t RoomLogs::reopen(const Open& open) noexcept {
  std::size_t count = 0;
  for (const auto& log : logs_) {
    try {
      log->replace(open(log->file().path));
      ++count;
    } catch (const std::exception& error) {
      try {
        warn_(std::string("room ") + error.what() + "; it goes on in the file as it was");
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): nothing can be said
      }
    }
  }
  return count;
}

// Without an allocation: room names differ from their keys in ASCII capitals alone.
ChatRecord* RoomLogs::record_of(std::string_view room) noexcept {
  const auto is_of_room = [room](const auto& log) {
    return std::ranges::equal(log->file().room, room, {}, {}, lower_chat_byte);
  };
  const auto found = std::find_if(logs_.begin(), logs_.end(), is_of_room);
  return found == logs_.end() ? nullptr : found->get();
}

void RoomLogs::add_to_all(const ChatEvent& event) noexcept {
  for (const auto& log : logs_) log->add(event);
}

void RoomLogs::flush() noexcept {
  for (const auto& log : logs_) log->flush();
}

}  // namespace sluice::tools::daemon
