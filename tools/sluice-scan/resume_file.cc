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

#include "../../reactor/base/fd.h"
#include "../../reactor/base/text/quote.h"
#include "../common/json_object.h"
#include "../common/new_file.h"
#include "../common/usage_error.h"

namespace sluice::tools::scan {
namespace {

constexpr std::uint64_t kFormat = 1;

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
      throw UsageError(quote(file) + " is too large for a file of --resume; allowed: at most " +
                       std::to_string(kMaxResumeFile) + " bytes");
    }
  }
}

// What the parser finds, as it finds it: the text that text_of() gives, in any order, and nothing
// else. Not its tree of values, which needs memory to be freed and ends the program without.
class ResumeReader {
 public:
  [[nodiscard]] std::optional<ResumeState> state() const {
    const bool whole = place_ == Place::end && format_ == kFormat && shard_.size() == 2;
    if (!whole || seen_ != kAll) return std::nullopt;
    ResumeState state = state_;
    state.identity.shard = {shard_[0], shard_[1]};
    return state;
  }

  // What nlohmann::json::sax_parse() calls; false ends it. No other number is taken for one of
  // these: not -1, 1.5 or 1e300.
  bool null() { return false; }
  bool boolean(bool /*value*/) { return false; }
  bool number_integer(std::int64_t /*value*/) { return false; }
  bool number_float(double /*value*/, const std::string& /*text*/) { return false; }
  template <class Bytes>
  bool binary(Bytes& /*value*/) {
    return false;
  }
  template <class Error>
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/, const Error& /*error*/) {
    return false;
  }
  bool key(const std::string& name) {
    key_ = name;
    return true;
  }
  bool string(const std::string& text) {
    if (place_ != Place::scan || key_ != "ports") return false;
    state_.identity.ports = text;
    return saw(kPorts);
  }
  bool number_unsigned(std::uint64_t number) {
    if (place_ == Place::pending) return state_.pending.push_back(number), true;
    if (place_ == Place::shard) return shard_.push_back(number), true;
    if (place_ == Place::scan) {
      ScanIdentity& identity = state_.identity;
      if (key_ == "addresses") return identity.addresses = number, saw(kAddresses);
      if (key_ == "targets") return identity.targets = number, saw(kTargets);
      if (key_ == "seed") return identity.seed = number, saw(kSeed);
    } else if (place_ == Place::whole) {
      if (key_ == "sluice-scan") return format_ = number, saw(kFormatKey);
      if (key_ == "next") return state_.next = number, saw(kNext);
    }
    return false;
  }
  bool start_object(std::size_t /*size*/) {
    if (place_ == Place::begin) return place_ = Place::whole, true;
    return place_ == Place::whole && key_ == "scan" && enter(Place::scan, kScan);
  }
  bool end_object() {
    place_ = place_ == Place::scan ? Place::whole : Place::end;
    return true;
  }
  bool start_array(std::size_t /*size*/) {
    if (place_ == Place::whole && key_ == "pending") return enter(Place::pending, kPending);
    return place_ == Place::scan && key_ == "shard" && enter(Place::shard, kShard);
  }
  bool end_array() {
    place_ = place_ == Place::shard ? Place::scan : Place::whole;
    return true;
  }

 private:
  enum class Place : std::uint8_t { begin, whole, scan, shard, pending, end };
  enum Seen : unsigned {
    kFormatKey = 1,
    kScan = 2,
    kAddresses = 4,
    kTargets = 8,
    kPorts = 16,
    kSeed = 32,
    kShard = 64,
    kNext = 128,
    kPending = 256,
    kAll = 511
  };
  // Once each.
  bool saw(Seen what) {
    const bool first = (seen_ & what) == 0;
    seen_ |= what;
    return first;
  }
  bool enter(Place place, Seen what) {
    place_ = place;
    return saw(what);
  }

  Place place_ = Place::begin;
  unsigned seen_ = 0;
  std::uint64_t format_ = 0;
  std::string key_;
  std::vector<std::uint64_t> shard_;
  ResumeState state_;
};

std::string numbers(const std::vector<std::uint64_t>& all) {
  std::vector<std::string> texts;
  texts.reserve(all.size());
  for (const std::uint64_t number : all) texts.push_back(std::to_string(number));
  return json_array(texts);
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
  ResumeReader reader;
  if (!nlohmann::json::sax_parse(text, &reader)) return std::nullopt;
  return reader.state();
}

std::string text_of(const ResumeState& state) {
  const ScanIdentity& identity = state.identity;
  JsonObject scan;
  scan.add_number("addresses", identity.addresses);
  scan.add_number("targets", identity.targets);
  scan.add_text("ports", identity.ports);
  scan.add_number("seed", identity.seed);
  scan.add("shard", numbers({identity.shard.index, identity.shard.count}));
  JsonObject whole;
  whole.add_number("sluice-scan", kFormat);
  whole.add("scan", scan.text());
  whole.add_number("next", state.next);
  whole.add("pending", numbers(state.pending));
  return whole.line();
}

std::optional<ResumeState> load_resume(const std::string& file) {
  // A FIFO would be waited for, with all signals caught.
  const Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd) fail(file);
  const std::string text = read_all(file, fd.get());
  if (auto state = resume_from(text)) return state;
  throw UsageError(quote(file) + " is not a file that --resume wrote");
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
    return "it has " + std::to_string(of_file.addresses) + " addresses, and this scan has " +
           std::to_string(of_scan.addresses);
  }
  if (of_file.targets != of_scan.targets) {
    return "it has the same number of addresses, but not the same addresses";
  }
  if (of_file.ports != of_scan.ports) {
    return "its ports are " + quote(of_file.ports) + ", and those of this scan are " +
           quote(of_scan.ports);
  }
  if (of_file.seed != of_scan.seed) {
    return "its seed is " + std::to_string(of_file.seed) + ", and that of this scan is " +
           std::to_string(of_scan.seed);
  }
  if (!(of_file.shard == of_scan.shard)) {
    return "its shard is " + in_words(of_file.shard) + ", and that of this scan is " +
           in_words(of_scan.shard);
  }
  return {};
}

}  // namespace sluice::tools::scan
