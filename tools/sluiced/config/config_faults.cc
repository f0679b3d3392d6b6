#include "config_faults.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "../../../reactor/base/text/quote.h"

namespace sluice::tools::daemon {
namespace {

constexpr std::size_t kMaxPath = 4096;

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

}  // namespace

void ConfigFaults::set_file(const std::string& file) {
  if (std::find(files_.begin(), files_.end(), file) == files_.end()) files_.push_back(file);
  file_ = file;
}

void ConfigFaults::add(const TomlPlace& place, std::string message) {
  const bool is_known = std::any_of(faults_.begin(), faults_.end(), [&](const Fault& each) {
    return each.file == file_ && each.place == place && each.message == message;
  });
  if (is_known) return;
  const auto found = std::find(files_.begin(), files_.end(), file_);
  const auto order = static_cast<std::size_t>(found - files_.begin());
  faults_.push_back({order, file_, place, std::move(message)});
}

std::vector<std::string> ConfigFaults::lines() const {
  std::vector<const Fault*> sorted;
  for (const Fault& fault : faults_) sorted.push_back(&fault);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Fault* one, const Fault* other) {
    return std::tie(one->order, one->place) < std::tie(other->order, other->place);
  });
  std::vector<std::string> lines;
  for (const Fault* fault : sorted) {
    std::string line = escape(fault->file, kMaxPath);
    if (fault->place != TomlPlace()) {
      line += ':' + std::to_string(fault->place.line) + ':' + std::to_string(fault->place.column);
    }
    lines.push_back(line + ": " + fault->message);
  }
  return lines;
}

ConfigError::ConfigError(std::vector<std::string> lines)
    : std::runtime_error(joined(lines)), lines_(std::move(lines)) {}

}  // namespace sluice::tools::daemon
