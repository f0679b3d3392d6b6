// Mistakes on the command line, or in a file that it names.
//
// Each message is one line that names what was read and what is allowed.
#ifndef SLUICE_TOOLS_COMMON_USAGE_ERROR_H
#define SLUICE_TOOLS_COMMON_USAGE_ERROR_H

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sluice::tools {

class UsageError : public std::runtime_error {
 public:
  explicit UsageError(const std::string& message) : UsageError(std::vector{message}) {}
  // REQUIRES: at least one message. what() has a line for each.
  explicit UsageError(std::vector<std::string> messages)
      : std::runtime_error(joined(messages)), messages_(std::move(messages)) {}

  [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return messages_; }

 private:
  static std::string joined(const std::vector<std::string>& messages) {
    std::string text;
    for (const std::string& message : messages) {
      if (!text.empty()) text += '\n';
      text += message;
    }
    return text;
  }

  std::vector<std::string> messages_;
};

}  // namespace sluice::tools

#endif
