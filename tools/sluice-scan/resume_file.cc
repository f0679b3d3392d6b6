#include "resume_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <system_error>

#include "../../reactor/fd.h"
#include "../../reactor/quote.h"
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

void write_all(const std::string& file, int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(fd, text.data(), text.size());
    if (count < 0 && errno != EINTR) fail(file);
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
}

ResumeState state_of(const Json& json) {
  ResumeState state;
  const Json& scan = json.at("scan");
  state.identity.addresses = scan.at("addresses").get<std::uint64_t>();
  state.identity.targets = scan.at("targets").get<std::uint64_t>();
  state.identity.ports = scan.at("ports").get<std::string>();
  state.identity.seed = scan.at("seed").get<std::uint64_t>();
  state.identity.shard.index = scan.at("shard").at(0).get<std::uint64_t>();
  state.identity.shard.count = scan.at("shard").at(1).get<std::uint64_t>();
  state.next = json.at("next").get<std::uint64_t>();
  state.pending = json.at("pending").get<std::vector<std::uint64_t>>();
  return state;
}

std::string in_words(const Shard& shard) {
  return std::to_string(shard.index) + '/' + std::to_string(shard.count);
}

}  // namespace

std::optional<ResumeState> load_resume(const std::string& file) {
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) fail(file);
  const std::string text = read_all(file, fd.get());
  try {
    const Json json = Json::parse(text);
    if (json.at("sluice-scan") == kFormat) return state_of(json);
  } catch (const nlohmann::json::exception&) {
    // Told below.
  }
  throw UsageError(quote(file) + " is no file that --resume has written");
}

void save_resume(const std::string& file, const ResumeState& state) {
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

  const std::string temporary = file + ".tmp";
  // Only the owner's: it tells who scans whom.
  Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!fd) fail(temporary);
  try {
    write_all(temporary, fd.get(), json.dump() + '\n');
    if (::fsync(fd.get()) != 0) fail(temporary);
    if (::close(fd.release()) != 0) fail(temporary);
    if (::rename(temporary.c_str(), file.c_str()) != 0) fail(file);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
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
