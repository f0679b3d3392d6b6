#include "config_reader.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

#include "../../../reactor/base/quote.h"
#include "../../common/duration.h"
#include "../../common/number.h"
#include "../../common/usage_error.h"
#include "../services/socket_keys.h"
#include "config_keys.h"
#include "defaults_table.h"
#include "service_table.h"
#include "toml_file.h"

namespace sluice::tools::daemon {
namespace {

using Kind = TomlValue::Kind;
using Names = std::vector<std::string_view>;

constexpr std::array kLevels = {LogLevel::info, LogLevel::warning, LogLevel::error};

// A file, parsed, with what of it is read only when all files are known.
struct Part {
  std::string file;
  TomlValue root;
};

class ConfigReader {
 public:
  ConfigReader(const Settings& defaults, ConfigFaults& faults)
      : command_line_(defaults), faults_(faults) {}

  Config read(const ConfigText& main, const IncludedFiles& included);

 private:
  struct Member {
    std::string_view name;
    void (ConfigReader::*read)(const TomlEntry& entry);
  };
  using Members = std::span<const Member>;

  void parse(const ConfigText& text, const IncludedFiles* included);
  void include(const TomlValue& value, const IncludedFiles& included);
  void read_members(const TomlValue& table, const std::string& where, Members members);
  void read_tables(const TomlEntry& entry, const std::string& where, Members members);
  void ignore(const TomlEntry& /*entry*/) {}
  void read_backend(const TomlEntry& entry);
  void read_limits(const TomlEntry& entry);
  void read_max_connections(const TomlEntry& entry);
  void read_drain_timeout(const TomlEntry& entry);
  void read_log(const TomlEntry& entry);
  void read_log_to(const TomlEntry& entry);
  void read_log_level(const TomlEntry& entry);
  void read_services(const TomlEntry& entry);
  template <class Read>
  void read_scalar(const TomlEntry& entry, const std::string& name, Read read);

  const Settings& command_line_;
  ConfigFaults& faults_;
  std::vector<Part> parts_;
  GivenKeys given_;
  ConfigDefaults defaults_;
  Config config_;
  std::size_t services_ = 0;
};

// Strings and integers have one text; nothing else has.
std::optional<std::string> scalar(const TomlValue& value) {
  const bool is_scalar =
      value.kind == Kind::string || (value.kind == Kind::integer && !value.octal);
  if (!is_scalar) return {};
  return value.text;
}

template <class Read>
void ConfigReader::read_scalar(const TomlEntry& entry, const std::string& name, Read read) {
  given_.expect_once(entry, name, faults_);
  const std::optional<std::string> text = scalar(entry.value);
  if (!text) {
    return faults_.add(entry.value.place, name + " is " + std::string(name_of(entry.value)) +
                                              "; write it as a string or a decimal number");
  }
  try {
    read(*text);
  } catch (const UsageError& error) {
    faults_.add(entry.value.place, error.what());
  } catch (const std::invalid_argument& error) {
    faults_.add(entry.value.place, error.what());
  }
}

void ConfigReader::read_members(const TomlValue& table, const std::string& where, Members members) {
  for (const TomlEntry& entry : table.entries) {
    const auto found = std::find_if(members.begin(), members.end(), [&entry](const Member& each) {
      return each.name == entry.key;
    });
    if (found != members.end()) {
      (this->*found->read)(entry);
      continue;
    }
    Names names;
    for (const Member& member : members) names.push_back(member.name);
    add_unknown_key(entry, where, names, faults_);
  }
}

void ConfigReader::read_tables(const TomlEntry& entry, const std::string& where, Members members) {
  if (entry.value.kind == Kind::table) return read_members(entry.value, where, members);
  faults_.add(entry.value.place, where + " is " + std::string(name_of(entry.value)) +
                                     "; write a table, [" + where + ']');
}

void ConfigReader::read_backend(const TomlEntry& entry) {
  read_scalar(entry, "backend",
              [this](const std::string& text) { config_.backend = backend_from(text); });
}

void ConfigReader::read_limits(const TomlEntry& entry) {
  static constexpr std::array kMembers = {
      Member{"max-connections", &ConfigReader::read_max_connections},
      Member{"drain-timeout", &ConfigReader::read_drain_timeout}};
  read_tables(entry, "limits", kMembers);
}

void ConfigReader::read_max_connections(const TomlEntry& entry) {
  read_scalar(entry, "max-connections", [this](const std::string& text) {
    config_.max_connections = parse_count("max-connections", text);
  });
}

void ConfigReader::read_drain_timeout(const TomlEntry& entry) {
  read_scalar(entry, "drain-timeout", [this](const std::string& text) {
    config_.drain_timeout = parse_duration("drain-timeout", text);
  });
}

void ConfigReader::read_log(const TomlEntry& entry) {
  static constexpr std::array kMembers = {Member{"to", &ConfigReader::read_log_to},
                                          Member{"level", &ConfigReader::read_log_level}};
  read_tables(entry, "log", kMembers);
}

void ConfigReader::read_log_to(const TomlEntry& entry) {
  read_scalar(entry, "to", [](const std::string& text) {
    if (text != "stderr") throw UsageError("to " + quote(text) + " is not stderr");
  });
}

void ConfigReader::read_log_level(const TomlEntry& entry) {
  read_scalar(entry, "level", [this](const std::string& text) {
    for (const LogLevel level : kLevels) {
      if (name_of(level) == text) config_.log_level = level;
    }
    if (!config_.log_level) {
      throw UsageError("level " + quote(text) + " is not info, warning or error");
    }
  });
}

void ConfigReader::read_services(const TomlEntry& entry) {
  const TomlValue& value = entry.value;
  if (value.kind != Kind::array) {
    return faults_.add(entry.place, value.kind == Kind::table
                                        ? "write [[service]] in double brackets"
                                        : "service is " + std::string(name_of(value)) +
                                              "; write tables, [[service]]");
  }
  for (const TomlValue& table : value.items) {
    if (table.kind == Kind::table) {
      read_service(table, services_++, defaults_, config_.listen, faults_);
    } else {
      faults_.add(table.place,
                  "service is " + std::string(name_of(table)) + "; write tables, [[service]]");
    }
  }
}

void ConfigReader::include(const TomlValue& value, const IncludedFiles& included) {
  if (value.kind == Kind::array) {
    for (const TomlValue& item : value.items) {
      if (item.kind == Kind::array) {
        faults_.add(item.place, "include has an array in its array; write strings");
      } else {
        include(item, included);
      }
    }
    return;
  }
  if (value.kind != Kind::string) {
    return faults_.add(value.place, "include is " + std::string(name_of(value)) +
                                        R"(; write strings, such as ["sluiced.conf.d/*.conf"])");
  }
  const std::string file = faults_.file();
  for (const ConfigText& text : included(value.text, value.place, faults_)) parse(text, nullptr);
  faults_.set_file(file);
}

void ConfigReader::parse(const ConfigText& text, const IncludedFiles* included) {
  faults_.set_file(text.file);
  std::optional<TomlValue> root = parse_toml(text.text, faults_);
  if (!root) return;
  const std::size_t index = parts_.size();
  parts_.push_back({text.file, std::move(*root)});
  const TomlEntry* entry = parts_[index].root.find("include");
  if (entry == nullptr) return;
  if (included == nullptr) {
    return faults_.add(entry->place, "an included file cannot include others");
  }
  const TomlValue value = entry->value;  // parts_ grows
  include(value, *included);
}

Config ConfigReader::read(const ConfigText& main, const IncludedFiles& included) {
  static constexpr std::array kMembers = {Member{"include", &ConfigReader::ignore},
                                          Member{"backend", &ConfigReader::read_backend},
                                          Member{"limits", &ConfigReader::read_limits},
                                          Member{"log", &ConfigReader::read_log},
                                          Member{"networks", &ConfigReader::ignore},
                                          Member{"defaults", &ConfigReader::ignore},
                                          Member{"service", &ConfigReader::read_services}};
  parse(main, &included);
  // Those of every file first: they hold wherever they stand.
  for (const Part& part : parts_) {
    faults_.set_file(part.file);
    if (const TomlEntry* entry = part.root.find("networks")) {
      read_networks(*entry, given_, defaults_, faults_);
    }
  }
  for (const Part& part : parts_) {
    faults_.set_file(part.file);
    if (const TomlEntry* entry = part.root.find("defaults")) {
      read_defaults(*entry, given_, defaults_, faults_);
    }
  }
  for (const Key* key : socket_keys()) {
    if (command_line_.has(*key)) defaults_.settings.set(*key, *command_line_.value(*key));
  }
  for (const Part& part : parts_) {
    faults_.set_file(part.file);
    read_members(part.root, "", kMembers);
  }
  return std::move(config_);
}

}  // namespace

Config read_config(const ConfigText& main, const IncludedFiles& included, const Settings& defaults,
                   ConfigFaults& faults) {
  return ConfigReader(defaults, faults).read(main, included);
}

}  // namespace sluice::tools::daemon
