#include "resume_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "../../reactor/fd.h"
#include "../../reactor/quote.h"
#include "../common/new_file.h"
#include "../common/usage_error.h"

namespace sluice {
namespace {

constexpr int kFormat = 1;
using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& file) {
  throw std::system_error(errno, std::generic_category(), escape(file, kMaxQuoted));
}

std::string read_all(const std::string& file, int fd) {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(file);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > kMaxResumeFile) {
      throw UsageError(quote(file) + " is too big for a file of --resume: at most " +
                       std::to_string(kMaxResumeFile) + " bytes are read");
    }
  }
}

// The library would take -1, 1.5, 1e300 and true for some other number.
bool get(const Json& json, std::uint64_t& number) {
  if (!json.is_number_unsigned()) return false;
  number = json.get<std::uint64_t>();
  return true;
}

std::optional<ResumeState> state_of(const Json& json) {
  ResumeState state;
  const Json& scan = json.at("scan");
  ScanIdentity& identity = state.identity;
  identity.ports = scan.at("ports").get<std::string>();
  const Json& pending = json.at("pending");
  state.pending.resize(pending.size());
  bool right = get(scan.at("addresses"), identity.addresses) &&
               get(scan.at("targets"), identity.targets) && get(scan.at("seed"), identity.seed) &&
               get(scan.at("shard").at(0), identity.shard.index) &&
               get(scan.at("shard").at(1), identity.shard.count) &&
               get(json.at("next"), state.next) && pending.is_array();
  for (std::size_t i = 0; right && i < pending.size(); ++i)
    right = get(pending[i], state.pending[i]);
  if (!right) return std::nullopt;
  return state;
}

std::string in_words(const Shard& shard) {
  return std::to_string(shard.index) + '/' + std::to_string(shard.count);
}

}  // namespace

bool ResumeState::fits(std::uint64_t size) const {
  std::vector<std::uint64_t> sorted = pending;
  std::sort(sorted.begin(), sorted.end());
  const bool once = std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  return next <= size && once && (sorted.empty() || sorted.back() < next);
}

std::optional<ResumeState> resume_from(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("sluice-scan") == kFormat) return state_of(json);
  } catch (const nlohmann::json::exception&) {
    // It is none.
  }
  return std::nullopt;
}

std::string text_of(const ResumeState& state) {
  const ScanIdentity& identity = state.identity;
  Json json;
  json["sluice-scan"] = kFormat;
  json["scan"]["addresses"] = identity.addresses;
  json["scan"]["targets"] = identity.targets;
  json["scan"]["ports"] = identity.ports;
  json["scan"]["seed"] = identity.seed;
  json["scan"]["shard"] = {identity.shard.index, identity.shard.count};
  json["next"] = state.next;
  json["pending"] = state.pending;
  return json.dump() + '\n';
}

std::optional<ResumeState> load_resume(const std::string& file) {
  // A FIFO would be waited for, with all signals caught.
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) fail(file);
  const std::string text = read_all(file, fd.get());
  if (auto state = resume_from(text)) return state;
  throw UsageError(quote(file) + " is no file that --resume has written");
}

void save_resume(const std::string& file, const ResumeState& state) {
  // Only the owner's: it tells who scans whom.
  NewFile whole(file, NewFile::Existing::replaced, S_IRUSR | S_IWUSR);
  whole.write(text_of(state));
  whole.keep();
}

void remove_resume(const std::string& file) {
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) fail(file);
}

std::string difference(const ScanIdentity& of_file, const ScanIdentity& of_scan) {
  if (of_file.addresses != of_scan.addresses) {
    return "its targets are " + std::to_string(of_file.addresses) + " addresses, and this scan's " +
           std::to_string(of_scan.addresses);
  }
  if (of_file.targets != of_scan.targets) {
    return "its targets are as many addresses as this scan's, and others";
  }
  if (of_file.ports != of_scan.ports) {
    return "its ports are " + quote(of_file.ports) + ", and this scan's " + quote(of_scan.ports);
  }
  if (of_file.seed != of_scan.seed) {
    return "its seed is " + std::to_string(of_file.seed) + ", and this scan's " +
           std::to_string(of_scan.seed);
  }
  if (!(of_file.shard == of_scan.shard)) {
    return "its shard is " + in_words(of_file.shard) + ", and this scan's " +
           in_words(of_scan.shard);
  }
  return {};
}

}  // namespace sluice
