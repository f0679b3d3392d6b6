// What a room has said before: the command CHATHISTORY.
// Source: IRCv3, draft/chathistory, message-ids.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
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
  IrcPlace place;
  std::string lines;
};

// Keeps the messages of a room as this client would have read them.
class Recorder final : public ChatFormat {
 public:
  explicit Recorder(const ChatFormat& format) noexcept : format_(format) {}
  void append(std::string& /*to*/, const ChatEvent& event) const override {
    if (!is_message(event.kind)) return;
    format_.append(messages_.emplace_back(Message{IrcPlace::of(event), {}}).lines, event);
  }
  [[nodiscard]] std::vector<Message> take() const { return std::move(messages_); }

 private:
  const ChatFormat& format_;
  mutable std::vector<Message> messages_;
};

// Where a reference is among the messages of a room. A message stands for its position, because the
// clock may have been set back since; a time stands for all messages of that time.
struct Spot {
  bool is_time;
  IrcPlace place;
  std::size_t begin;  // of the message; if it is no longer kept, of the first one that is later
  std::size_t end;

  [[nodiscard]] bool is_before(const Message& message, std::size_t index) const noexcept {
    return is_time ? place.time < message.place.time : end <= index;
  }
  [[nodiscard]] bool is_after(const Message& message, std::size_t index) const noexcept {
    return is_time ? place.time > message.place.time : begin > index;
  }
  [[nodiscard]] bool is_before(const Spot& other) const noexcept {
    const bool has_order = !is_time && !other.is_time && begin != other.begin;
    return has_order ? begin < other.begin : place < other.place;
  }
};

Spot find_spot(const std::vector<Message>& messages, const IrcReference& reference) noexcept {
  const IrcPlace place{reference.time, reference.id.value_or(0)};
  auto found = messages.end();
  if (reference.id) found = std::ranges::find(messages, place, &Message::place);
  const std::size_t size = found == messages.end() ? 0 : 1;
  if (size == 0) {
    found =
        std::ranges::find_if(messages, [&](const Message& each) { return each.place >= place; });
  }
  const auto begin = static_cast<std::size_t>(found - messages.begin());
  return {!reference.id, place, begin, begin + size};
}

// What is asked for: messages between two others, the first or the last of them.
struct Wanted {
  std::optional<Spot> after = {};
  std::optional<Spot> before = {};
  bool takes_last = true;
  std::optional<std::size_t> around = {};

  [[nodiscard]] bool covers(const Message& message, std::size_t index) const noexcept {
    return (!after || after->is_before(message, index)) &&
           (!before || before->is_after(message, index));
  }
};

// `first` is nothing for the LATEST of all.
Wanted wanted_of(std::string_view subcommand, const std::optional<Spot>& first,
                 const std::optional<Spot>& second) noexcept {
  if (subcommand == "LATEST") return {.after = first};
  if (subcommand == "BEFORE") return {.before = first};
  if (subcommand == "AFTER") return {.after = first, .takes_last = false};
  if (subcommand == "AROUND") return {.around = first->begin};
  // From `first` to `second`, which may be the earlier one.
  const bool takes_last = second->is_before(*first);
  return {.after = takes_last ? second : first,
          .before = takes_last ? first : second,
          .takes_last = takes_last};
}

// At most `limit` of `all`, in their order.
template <class T>
void keep_from(std::vector<T>& all, std::size_t first, std::size_t limit) {
  all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(first));
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), limit)), all.end());
}

[[nodiscard]] std::size_t first_of(std::size_t count, bool takes_last, std::size_t limit) noexcept {
  return takes_last ? count - std::min(count, limit) : 0;
}

void choose(std::vector<Message>& messages, const Wanted& wanted, std::size_t limit) {
  std::size_t index = 0;
  std::erase_if(messages, [&](const Message& message) { return !wanted.covers(message, index++); });
  std::size_t first = first_of(messages.size(), wanted.takes_last, limit);
  if (wanted.around) first = std::min(first, *wanted.around - std::min(*wanted.around, limit / 2));
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
    const bool is_of_targets = subcommand == "TARGETS";
    const std::string target = is_of_targets ? "*" : irc_word(line.param(1));
    history_failed("INVALID_MSGREFTYPE", subcommand + ' ' + target,
                   std::string("A reference is ") + (is_of_targets ? "" : "msgid=ID or ") +
                       "timestamp=YYYY-MM-DDThh:mm:ss.sssZ");
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
  std::optional<IrcReference> first;
  if (!is_open && !(first = need_reference(line, 2))) return;
  std::optional<IrcReference> second;
  if (is_between && !(second = need_reference(line, 3))) return;
  const std::size_t limit = need_limit(line);
  if (limit == 0) return;
  std::string none;
  const Recorder recorder(format_of(capabilities_));
  room->append_history(none, recorder);
  std::vector<Message> messages = recorder.take();
  const auto spot_of = [&messages](const std::optional<IrcReference>& reference) {
    return reference ? std::optional(find_spot(messages, *reference)) : std::nullopt;
  };
  choose(messages, wanted_of(subcommand, spot_of(first), spot_of(second)), limit);
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
  const bool takes_last = *second < *first;
  const auto [after, before] = std::minmax(*first, *second);
  std::vector<std::pair<ChatTime, std::string>> targets;
  for (const ChatRoom* const room : member()->rooms()) {
    const std::optional<ChatTime> last = room->last_message();
    if (last && *last > after && *last < before) targets.emplace_back(*last, irc_channel(*room));
  }
  std::ranges::sort(targets);
  keep_from(targets, first_of(targets.size(), takes_last, limit), limit);
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
