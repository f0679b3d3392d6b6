// What a room has said before: the command CHATHISTORY.
// Source: IRCv3, draft/chathistory, with times as references.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "irc_client.h"
#include "irc_words.h"

namespace sluice {
namespace {

constexpr std::string_view kBatch = "history";  // closed before another one begins
constexpr std::string_view kTimestamp = "timestamp=";

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

struct Message {
  ChatTime time;
  std::string lines;
};

// Keeps the messages of a room, as this client would have read them.
class Recorder final : public ChatFormat {
 public:
  explicit Recorder(const ChatFormat& format) noexcept : format_(format) {}
  void append(std::string& /*to*/, const ChatEvent& event) const override {
    const bool is_message = event.kind == ChatEvent::Kind::said ||
                            event.kind == ChatEvent::Kind::acted ||
                            event.kind == ChatEvent::Kind::noticed;
    if (!is_message) return;
    format_.append(messages_.emplace_back(Message{event.time, {}}).lines, event);
  }
  [[nodiscard]] std::vector<Message> take() const { return std::move(messages_); }

 private:
  const ChatFormat& format_;
  mutable std::vector<Message> messages_;
};

// What is asked for: messages between two times, the first or the last of them.
struct Wanted {
  ChatTime after = ChatTime::min();
  ChatTime before = ChatTime::max();
  bool takes_last = true;
  std::optional<ChatTime> around{};
};

// Nothing: a reference is none. `params` are those after the target.
std::optional<Wanted> wanted_of(std::string_view subcommand, const IrcLine& line) {
  const std::optional<ChatTime> first = time_of(line.param(2));
  Wanted wanted;
  if (subcommand == "LATEST" && line.param(2) == "*") return wanted;
  if (!first) return {};
  if (subcommand == "LATEST") wanted.after = *first;
  if (subcommand == "BEFORE") wanted.before = *first;
  if (subcommand == "AROUND") wanted.around = first;
  if (subcommand == "AFTER") {
    wanted.after = *first;
    wanted.takes_last = false;
  }
  if (subcommand == "BETWEEN") {
    const std::optional<ChatTime> second = time_of(line.param(3));
    if (!second) return {};
    wanted.after = std::min(*first, *second);
    wanted.before = std::max(*first, *second);
    wanted.takes_last = *second < *first;
  }
  return wanted;
}

// At most `limit` of them, in their order.
void choose(std::vector<Message>& messages, const Wanted& wanted, std::size_t limit) {
  std::erase_if(messages, [&wanted](const Message& message) {
    return message.time <= wanted.after || message.time >= wanted.before;
  });
  if (messages.size() <= limit) return;
  std::size_t first = wanted.takes_last ? messages.size() - limit : 0;
  if (wanted.around) {
    const auto at = std::ranges::lower_bound(messages, *wanted.around, {}, &Message::time);
    const auto index = static_cast<std::size_t>(at - messages.begin());
    first = std::min(first, index - std::min(index, limit / 2));
  }
  messages.erase(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(first));
  messages.resize(std::min(messages.size(), limit));
}

}  // namespace

void IrcClient::chathistory(const IrcLine& line) {
  const std::string subcommand = irc_upper(irc_word(line.param(0)));
  if (subcommand == "TARGETS") return history_targets(line);
  const bool is_known = subcommand == "LATEST" || subcommand == "BEFORE" || subcommand == "AFTER" ||
                        subcommand == "AROUND" || subcommand == "BETWEEN";
  if (!is_known) return history_failed("INVALID_PARAMS", subcommand, "Unknown subcommand");
  const std::size_t count = subcommand == "BETWEEN" ? 5 : 4;
  if (line.count < count) return history_failed("NEED_MORE_PARAMS", subcommand, "Missing params");
  const ChatRoom* const room = find_channel(line.param(1));
  if (room == nullptr || !member()->is_in(*room)) {
    return history_failed("INVALID_TARGET", subcommand + ' ' + irc_word(line.param(1)),
                          "You are not in this channel");
  }
  const std::optional<Wanted> wanted = wanted_of(subcommand, line);
  if (!wanted) {
    return history_failed("INVALID_MSGREFTYPE", subcommand + ' ' + irc_word(line.param(1)),
                          "A reference is timestamp=YYYY-MM-DDThh:mm:ss.sssZ");
  }
  const std::string_view limit = line.param(count - 1);
  std::size_t most = 0;
  const auto read = std::from_chars(limit.data(), limit.data() + limit.size(), most);
  if (read.ec != std::errc() || read.ptr != limit.data() + limit.size() || most == 0) {
    return history_failed("INVALID_PARAMS", subcommand, "The limit is not a number above 0");
  }
  std::string none;
  const Recorder recorder(format_of(capabilities_));
  room->append_history(none, recorder);
  std::vector<Message> messages = recorder.take();
  choose(messages, *wanted, std::min(most, kMaxIrcHistory));
  std::string lines;
  for (const Message& message : messages) lines += message.lines;
  send_batch("chathistory " + irc_channel(*room), lines);
}

// The member's rooms in which something was said between two times.
void IrcClient::history_targets(const IrcLine& line) {
  const std::optional<ChatTime> first = time_of(line.param(1));
  const std::optional<ChatTime> second = time_of(line.param(2));
  if (!first || !second) return history_failed("INVALID_PARAMS", "TARGETS", "Two times are needed");
  std::string lines;
  for (const ChatRoom* const room : member()->rooms()) {
    std::string none;
    const Recorder recorder(format_of(capabilities_));
    room->append_history(none, recorder);
    const std::vector<Message> messages = recorder.take();
    if (messages.empty()) continue;
    const ChatTime last = messages.back().time;
    if (last <= std::min(*first, *second) || last >= std::max(*first, *second)) continue;
    append_irc_line(lines, kIrcServer, "CHATHISTORY",
                    {"TARGETS", irc_channel(*room), irc_time(last)});
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
