#include "chat_core.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "../../../reactor/base/text/utf8.h"
#include "../../common/usage_error.h"
#include "../endpoints/password_hash.h"
#include "../endpoints/tls_endpoint.h"
#include "../settings/small_file.h"

namespace sluice::tools::daemon {

using namespace chat_keys;

namespace {

// Whether the peer is a user of `users` on a Unix socket, or has a certificate, which was checked,
// for one of `names`.
bool is_operator(const Connection& connection, const Users& users,
                 const std::vector<std::string>& names) {
  if (!users.empty()) {
    const auto credentials = connection.peer_credentials();
    if (credentials && has_user(users, credentials->user)) return true;
  }
  if (names.empty()) return false;
  const std::string name = TlsEndpoint::client_of(connection);
  return !name.empty() && std::ranges::find(names, name) != names.end();
}

// NAME:HASH. A name that is not there takes as long as one that is.
bool is_login(const std::vector<std::string>& logins, std::string_view name,
              std::string_view password) {
  bool is_known = false;
  std::string_view login = logins.front();
  for (const std::string& each : logins) {
    if (std::string_view(each).substr(0, each.find(':')) != name) continue;
    login = each;
    is_known = true;
  }
  return is_password(password, login.substr(login.find(':') + 1)) && is_known;
}

std::vector<std::string> logged_rooms(const Settings& settings) {
  const auto named = settings.find(kLoggedRooms);
  if (!named) return {ChatRules().lobby};
  std::vector<std::string> rooms;
  for (const std::string& name : WordsKey::split(*named)) {
    std::string key = chat_name_key(name);
    if (std::ranges::find(rooms, key) == rooms.end()) rooms.push_back(std::move(key));
  }
  return rooms;
}

void validate_room_log(const Settings& settings, SettingErrors& errors) {
  if (!settings.has(kLoggedRooms)) return;
  const std::string key(kLoggedRooms.name());
  for (const std::string& name : WordsKey::split(settings.find(kLoggedRooms).value_or(""))) {
    if (is_chat_name(name)) continue;
    errors.push_back({key, key + ' ' + quote(name) + ": " + chat_name_error(name)});
  }
  const std::size_t count = logged_rooms(settings).size();
  if (count > RoomLogs::kMaxRooms) {
    errors.push_back({key, key + " has " + std::to_string(count) + " names; allowed: 1-" +
                               std::to_string(RoomLogs::kMaxRooms)});
  }
}

}  // namespace

std::string house_of(const ListenSpec& spec) { return chat_name_key(spec.settings.get(kHouse)); }

ChatOptions derive_house(const Settings& settings) {
  ChatOptions options;
  ChatRules& rules = options.rules;
  rules.greeting = settings.find(kGreeting).value_or(rules.greeting);
  rules.history = settings.get(kHistory);
  rules.max_members = settings.get(kMembers);
  rules.max_in_room = settings.find(kInRoom).value_or(rules.max_in_room);
  rules.max_rooms = settings.get(kRooms);
  // A member is behind, and others wait for it, well before its queue is full: what was collected
  // by then must still fit.
  rules.block = std::min<std::size_t>(rules.block, settings.get(kSendQueue) / 4);
  if (const auto reserved = settings.find(kReserved)) rules.reserved = WordsKey::split(*reserved);
  const Users users = settings.find(kOperators).value_or(Users());
  const auto names = WordsKey::split(settings.find(kOperatorCerts).value_or(""));
  if (!users.empty() || !names.empty()) {
    options.is_operator = [users, names](const Connection& connection) {
      return is_operator(connection, users, names);
    };
  }
  const auto logins = WordsKey::split(settings.find(kOperatorPasswords).value_or(""));
  if (!logins.empty()) {
    rules.check_password = [logins](std::string_view name, std::string_view password) {
      return is_login(logins, name, password);
    };
  }
  const Rate rate = settings.get(kRate);
  options.rate.reset();
  if (!rate.is_off()) {
    options.rate = TokenRate::of(rate.count, std::chrono::seconds(rate.seconds),
                                 static_cast<std::uint32_t>(settings.get(kBurst)));
  }
  options.source_prefix = derive_listener(settings).source_prefix;
  return options;
}

ListenerOptions derive_door(const Settings& settings) {
  ListenerOptions options = derive_listener(settings);
  const std::size_t queue = settings.get(kSendQueue);
  ConnectionOptions& connection = options.connection;
  connection.high_water = std::min(connection.high_water, queue / 4);
  connection.queue_limit = queue;
  connection.message_timeout = settings.get(kMessageTimeout);
  connection.first_message_timeout = settings.get(kFirstMessageTimeout);
  connection.max_read = kMaxRead;  // a member that waits is held this much
  connection.overflow =
      settings.get(kSlow) == kDrop ? OverflowPolicy::drop_newest : OverflowPolicy::close;
  return options;
}

void validate_house(const ListenSpec& spec, SettingErrors& errors) {
  validate_room_log(spec.settings, errors);
  for (const std::string& name : WordsKey::split(spec.settings.find(kReserved).value_or(""))) {
    if (is_chat_nick(name)) continue;
    errors.push_back(
        {std::string(kReserved.name()), "reserved " + quote(name) + ": " + chat_name_error(name)});
  }
  for (const std::string& login :
       WordsKey::split(spec.settings.find(kOperatorPasswords).value_or(""))) {
    const std::string name = login.substr(0, login.find(':'));
    const bool has_hash = name.size() < login.size();
    if (has_hash && is_chat_nick(name) && is_password_hash(login.substr(name.size() + 1))) continue;
    // Without the hash itself: messages are less secret than the file.
    errors.push_back(
        {std::string(kOperatorPasswords.name()),
         "operator-passwords " + quote(name) +
             " is not NAME:HASH; allowed for HASH: " + std::string(allowed_password_hash())});
  }
}

void validate_door(const ListenSpec& spec, SettingErrors& errors) {
  validate_house(spec, errors);
  const std::uint64_t max_line = spec.settings.get(kLine);
  const std::uint64_t queue = spec.settings.get(kSendQueue);
  const std::uint64_t least = kLinesInQueue * max_line;
  if (queue >= least) return;
  errors.push_back({std::string(kSendQueue.name()),
                    "send-queue " + std::to_string(queue) + " is less than " +
                        std::to_string(kLinesInQueue) + " times max-line " +
                        std::to_string(max_line) + "; allowed: " + std::to_string(least) + "-" +
                        std::to_string(kMaxSendQueue)});
}

std::optional<std::string> greeting_file(const ListenSpec& spec) {
  // Kinds without a house have no such key.
  return spec.settings.has(kMotd) ? spec.settings.find(kMotd) : std::nullopt;
}

void load_greetings(std::vector<ListenSpec>& specs) {
  for (ListenSpec& spec : specs) {
    const std::optional<std::string> path = greeting_file(spec);
    if (!path) continue;
    const std::string name = "motd of service " + quote(service_name(spec));
    if (spec.settings.has(kGreeting)) {
      throw UsageError(name + ": greeting is given, too; one of both is allowed");
    }
    std::string text = read_small_file(*path, kMaxGreeting, name + ": the file");
    if (!is_utf8(std::as_bytes(std::span(text)))) {
      throw UsageError(name + ": the file " + quote(*path) + " is not UTF-8");
    }
    std::erase(text, '\r');
    while (text.ends_with('\n')) text.pop_back();
    spec.settings.set(kGreeting, std::move(text));
  }
}

void drop_greeting_text(ListenSpec& spec) {
  if (greeting_file(spec)) spec.settings.remove(kGreeting);
}

void drop_greeting_file(ListenSpec& spec) { spec.settings.remove(kMotd); }

void check_room_logs(std::span<const ListenSpec> specs) {
  for (const ListenSpec& spec : specs) {
    if (!spec.settings.has(kLoggedRooms) || spec.settings.has(kRoomLog)) continue;
    throw UsageError("service " + quote(service_name(spec)) + ": " +
                     std::string(kLoggedRooms.name()) + " needs " + std::string(kRoomLog.name()) +
                     ", the directory of the logs");
  }
}

std::vector<RoomLogFile> room_log_files(const Settings& settings) {
  std::vector<RoomLogFile> files;
  if (!settings.has(kRoomLog)) return files;
  // A name has no slash and no dot.
  const std::string before = *settings.find(kRoomLog) + '/' + chat_name_key(settings.get(kHouse));
  for (std::string& room : logged_rooms(settings)) {
    std::string path = before;
    path.append(1, '.').append(room).append(".log");
    files.push_back({std::move(room), std::move(path)});
  }
  return files;
}

ChatCore::ChatCore(const CoreHost& host, const Settings& settings, std::unique_ptr<Bus> bus)
    : logs_(host.warn ? host.warn : [](const std::string&) {}),
      chat_(host.loop, derive_house(settings)),
      bus_(std::move(bus)) {
  prepare(settings);
  use_logs();
  if (bus_ != nullptr) bridge_.emplace(host.loop, chat_.house(), *bus_);
}

void ChatCore::prepare(const Settings& settings) {
  logs_.prepare(room_log_files(settings), open_room_log);
}

void ChatCore::apply(const Settings& settings) {
  chat_.set_options(derive_house(settings));
  use_logs();
}

void ChatCore::use_logs() {
  logs_.use();
  chat_.house().set_recorder(logs_.empty() ? nullptr : &logs_);
}

std::size_t ChatCore::reopen_logs() noexcept { return logs_.reopen(open_room_log); }

std::unique_ptr<ServiceCore> make_house(const CoreHost& host, const ListenSpec& spec) {
  std::unique_ptr<Bus> bus;
  if (host.make_bus) bus = host.make_bus(host.loop, {.name = house_of(spec)});
  return std::make_unique<ChatCore>(host, spec.settings, std::move(bus));
}

Chat& chat_of(const ServiceHost& host) noexcept {
  return static_cast<ChatCore&>(*host.core).chat();
}

}  // namespace sluice::tools::daemon
