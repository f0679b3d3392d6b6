// What a room has said before: the command CHATHISTORY.
// Source: IRCv3, draft/chathistory, message-ids.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

constexpr std::string_view kBatch = "history";  // closed before another one begins
constexpr std::string_view kTimestamp = "timestamp=";
constexpr std::string_view kMsgid = "msgid=";
constexpr IrcPlace kStart{.time = ChatTime::min(), .id = 0};
constexpr std::uint64_t kLastId = std::numeric_limits<std::uint64_t>::max();
constexpr IrcPlace kEnd{.time = ChatTime::max(), .id = kLastId};

// "timestamp=2026-11-30T12:00:00.000Z".
std::optional<ChatTime> time_of(std::string_view reference) noexcept {
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";
  if (!reference.starts_with(kTimestamp)) return {};
  const std::string_view text = reference.substr(kTimestamp.size());
  const auto fits = [](char c, char form) {
    return form == 'd' ? c >= '0' && c <= '9' : c == form;
  };
  if (!std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), fits)) return {};
  const auto number = [text](std::size_t at, std::size_t size) {
    int value = 0;
    std::from_chars(text.data() + at, text.data() + at + size, value);
    return value;
  };
  using namespace std::chrono;
  const year_month_day day(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                           std::chrono::day(static_cast<unsigned>(number(8, 2))));
  if (!day.ok()) return {};
  return time_point_cast<ChatTime::duration>(sys_days(day)) + hours(number(11, 2)) +
         minutes(number(14, 2)) + seconds(number(17, 2)) + milliseconds(number(20, 3));
}

// A reference that is a time is about all messages of that time.
using Reference = IrcReference;
IrcPlace first_of(const Reference& reference) noexcept {
  return {reference.time, reference.id.value_or(0)};
}
IrcPlace last_of(const Reference& reference) noexcept {
  return {reference.time, reference.id.value_or(kLastId)};
}

// What is asked for: messages between two places, the first or the last of them.
struct Wanted {
  IrcPlace after = kStart;
  IrcPlace before = kEnd;
  bool takes_last = true;
  std::optional<IrcPlace> around{};

  [[nodiscard]] bool covers(const IrcPlace& place) const noexcept {
    return place > after && place < before;
  }
};

// From `first` to `second`, which may be the earlier one.
Wanted between(const Reference& first, const Reference& second) noexcept {
  const bool takes_last = first_of(second) < first_of(first);
  return {.after = last_of(takes_last ? second : first),
          .before = first_of(takes_last ? first : second),
          .takes_last = takes_last};
}

Wanted wanted_of(std::string_view subcommand, const Reference& first,
                 const Reference& second) noexcept {
  if (subcommand == "LATEST") return {.after = last_of(first)};
  if (subcommand == "BEFORE") return {.before = first_of(first)};
  if (subcommand == "AFTER") return {.after = last_of(first), .takes_last = false};
  if (subcommand == "AROUND") return {.around = first_of(first)};
  return between(first, second);
}

struct Message {
  IrcPlace place;
  std::string lines;
};

// Keeps the messages of a room that are wanted, as this client would have read them.
class Recorder final : public ChatFormat {
 public:
  Recorder(const ChatFormat& format, const Wanted& wanted) noexcept
      : format_(format), wanted_(wanted) {}
  void append(std::string& /*to*/, const ChatEvent& event) const override {
    const IrcPlace place{event.time, event.id};
    if (!is_message(event.kind) || !wanted_.covers(place)) return;
    format_.append(messages_.emplace_back(Message{place, {}}).lines, event);
  }
  [[nodiscard]] std::vector<Message> take() const { return std::move(messages_); }

 private:
  const ChatFormat& format_;
  const Wanted& wanted_;
  mutable std::vector<Message> messages_;
};

// At most `limit` of `all`, in their order.
template <class T>
void keep_from(std::vector<T>& all, std::size_t first, std::size_t limit) {
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first));
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), limit)), all.end());
}

template <class T>
[[nodiscard]] std::size_t first_of(const std::vector<T>& all, const Wanted& wanted,
                                   std::size_t limit) noexcept {
  return wanted.takes_last ? all.size() - std::min(all.size(), limit) : 0;
}

void choose(std::vector<Message>& messages, const Wanted& wanted, std::size_t limit) {
  std::size_t first = first_of(messages, wanted, limit);
  if (wanted.around) {
    const auto at = std::ranges::lower_bound(messages, *wanted.around, {}, &Message::place);
    const auto index = static_cast<std::size_t>(at - messages.begin());
    first = std::min(first, index - std::min(index, limit / 2));
  }
  keep_from(messages, first, limit);
}

}  // namespace

// --- What a request says; these answer what is wrong ---

bool IrcClient::need_params(const IrcLine& line, std::size_t count) {
  if (line.count == count) return true;
  history_failed("INVALID_PARAMS", irc_upper(irc_word(line.param(0))),
                 line.count < count ? "Insufficient parameters" : "Too many parameters");
  return false;
}

std::optional<ChatTime> IrcClient::need_time(const IrcLine& line, std::size_t index) {
  const std::string_view reference = line.param(index);
  const std::optional<ChatTime> time = time_of(reference);
  if (time) return time;
  const std::string subcommand = irc_upper(irc_word(line.param(0)));
  const std::size_t type_size = reference.find('=');
  const bool has_type = type_size != 0 && type_size != reference.npos;
  if (has_type && !reference.starts_with(kTimestamp)) {
    const std::string target = subcommand == "TARGETS" ? "*" : irc_word(line.param(1));
    history_failed("INVALID_MSGREFTYPE", subcommand + ' ' + target,
                   "A reference is msgid=ID or timestamp=YYYY-MM-DDThh:mm:ss.sssZ");
  } else {
    history_failed("INVALID_PARAMS", subcommand + ' ' + irc_word(reference), "Invalid timestamp");
  }
  return {};
}

std::optional<IrcReference> IrcClient::need_reference(const IrcLine& line, std::size_t index) {
  const std::string_view reference = line.param(index);
  if (!reference.starts_with(kMsgid)) {
    const std::optional<ChatTime> time = need_time(line, index);
    if (!time) return {};
    return IrcReference{*time, {}};
  }
  const std::optional<IrcPlace> place = irc_place(reference.substr(kMsgid.size()));
  if (place) return IrcReference{place->time, place->id};
  history_failed("INVALID_PARAMS", irc_upper(irc_word(line.param(0))) + ' ' + irc_word(reference),
                 "Invalid message id");
  return {};
}

// 0: it is none.
std::size_t IrcClient::need_limit(const IrcLine& line) {
  const std::string_view text = line.param(line.count - 1);
  std::size_t limit = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && limit != 0) {
    return std::min(limit, kMaxIrcHistory);
  }
  history_failed("INVALID_PARAMS", irc_upper(irc_word(line.param(0))) + ' ' + irc_word(text),
                 "The limit is not a number above 0");
  return 0;
}

// --- The command ---

void IrcClient::chathistory(const IrcLine& line) {
  const std::string subcommand = irc_upper(irc_word(line.param(0)));
  if (subcommand == "TARGETS") return history_targets(line);
  const bool is_between = subcommand == "BETWEEN";
  const bool is_known = subcommand == "LATEST" || subcommand == "BEFORE" || subcommand == "AFTER" ||
                        subcommand == "AROUND" || is_between;
  if (!is_known) return history_failed("INVALID_PARAMS", subcommand, "Unknown subcommand");
  if (!need_params(line, is_between ? 5 : 4)) return;
  const ChatRoom* const room = find_channel(line.param(1));
  if (room == nullptr || !member()->is_in(*room)) {
    return history_failed("INVALID_TARGET", subcommand + ' ' + irc_word(line.param(1)),
                          "You are not in this channel");
  }
  const bool is_open = subcommand == "LATEST" && line.param(2) == "*";
  const std::optional<IrcReference> first =
      is_open ? IrcReference{kStart.time, kStart.id} : need_reference(line, 2);
  if (!first) return;
  const std::optional<IrcReference> second = is_between ? need_reference(line, 3) : first;
  if (!second) return;
  const std::size_t limit = need_limit(line);
  if (limit == 0) return;
  const Wanted wanted = wanted_of(subcommand, *first, *second);
  std::string none;
  const Recorder recorder(format_of(capabilities_), wanted);
  room->append_history(none, recorder);
  std::vector<Message> messages = recorder.take();
  choose(messages, wanted, limit);
  std::string lines;
  for (const Message& message : messages) lines += message.lines;
  send_batch("chathistory " + irc_channel(*room), lines);
}

// The member's rooms whose last message is between two times, in the order of these messages.
void IrcClient::history_targets(const IrcLine& line) {
  if (!need_params(line, 4)) return;
  const std::optional<ChatTime> first = need_time(line, 1);
  if (!first) return;
  const std::optional<ChatTime> second = need_time(line, 2);
  if (!second) return;
  const std::size_t limit = need_limit(line);
  if (limit == 0) return;
  const Wanted wanted = between({*first, {}}, {*second, {}});
  std::vector<std::pair<ChatTime, std::string>> targets;
  for (const ChatRoom* const room : member()->rooms()) {
    const std::optional<ChatTime> last = room->last_message();
    if (last && wanted.covers({*last, 0})) targets.emplace_back(*last, irc_channel(*room));
  }
  std::ranges::sort(targets);
  keep_from(targets, first_of(targets, wanted, limit), limit);
  std::string lines;
  for (const auto& [last, channel] : targets) {
    append_irc_line(lines, kIrcServer, "CHATHISTORY", {"TARGETS", channel, irc_time(last)});
  }
  send_batch("draft/chathistory-targets", lines);
}

void IrcClient::history_failed(std::string_view code, std::string_view what, std::string_view why) {
  out_ += ':' + std::string(kIrcServer) + " FAIL CHATHISTORY " + std::string(code) + ' ' +
          std::string(what) + " :" + std::string(why) + "\r\n";
}

// Each line gets the tag of the batch, beside its own tags.
void IrcClient::send_batch(const std::string& kind, std::string_view lines) {
  if (!capabilities_.batch) {
    out_ += lines;
    return;
  }
  const std::string tag = "@batch=" + std::string(kBatch);
  const std::string start = ':' + std::string(kIrcServer) + " BATCH ";
  out_ += start + '+' + std::string(kBatch) + ' ' + kind + "\r\n";
  while (!lines.empty()) {
    const std::size_t end = lines.find('\n') + 1;
    const bool has_tags = lines.starts_with('@');
    out_ += tag;
    out_ += has_tags ? ';' : ' ';
    out_ += lines.substr(has_tags ? 1 : 0, end - (has_tags ? 1 : 0));
    lines.remove_prefix(end);
  }
  out_ += start + '-' + std::string(kBatch) + "\r\n";
}

}  // namespace sluice
