// What is wrong in configuration files: all of it, in the order of the files.
//
// A fault is one line, FILE:LINE:COLUMN: MESSAGE, which editors and compilers' users know. Thread:
// any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_FAULTS_H
#define SLUICE_TOOLS_SLUICED_CONFIG_CONFIG_FAULTS_H

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "toml_value.h"

namespace sluice::tools::daemon {

class ConfigFaults {
 public:
  // The file of the faults that are added from now on. Files are listed in the order in which they
  // were first set.
  void set_file(const std::string& file);
  [[nodiscard]] const std::string& file() const noexcept { return file_; }

  // A fault that is there already, with the same place and text, is not added again: an endpoint
  // repeats what is wrong with its service.
  void add(const TomlPlace& place, std::string message);

  // "FILE:LINE", for a place in the current file.
  [[nodiscard]] std::string place_text(const TomlPlace& place) const {
    return file_ + ':' + std::to_string(place.line);
  }

  [[nodiscard]] bool empty() const noexcept { return faults_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return faults_.size(); }
  // A line for each, without its newline.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Fault {
    std::size_t order;  // of its file
    std::string file;
    TomlPlace place;
    std::string message;
  };

  std::string file_;
  std::vector<std::string> files_;
  std::vector<Fault> faults_;
};

// A configuration that cannot be used. what() has a line for each fault.
class ConfigError : public std::runtime_error {
 public:
  // REQUIRES: at least one line.
  explicit ConfigError(std::vector<std::string> lines);

  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

 private:
  std::vector<std::string> lines_;
};

}  // namespace sluice::tools::daemon

#endif
