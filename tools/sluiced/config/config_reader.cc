#include "config_reader.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"
#include "../endpoints/socket_keys.h"
#include "config_keys.h"
#include "daemon_tables.h"
#include "defaults_table.h"
#include "service_table.h"
#include "toml_file.h"

namespace sluice::tools::daemon {
namespace {

using Kind = TomlValue::Kind;
using Names = std::vector<std::string_view>;

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
  void ignore(const TomlEntry& /*entry*/) {}
  void read_backend(const TomlEntry& entry);
  void read_workers(const TomlEntry& entry);
  void read_user(const TomlEntry& entry);
  void read_chroot(const TomlEntry& entry);
  void read_sandbox(const TomlEntry& entry);
  void read_limits(const TomlEntry& entry);
  void read_log(const TomlEntry& entry);
  void read_bus(const TomlEntry& entry);
  void read_control(const TomlEntry& entry);
  void read_services(const TomlEntry& entry);

  const Settings& command_line_;
  ConfigFaults& faults_;
  std::vector<Part> parts_;
  GivenKeys given_;
  ConfigDefaults defaults_;
  Config config_;
  std::size_t services_ = 0;
};

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

void ConfigReader::read_backend(const TomlEntry& entry) {
  const ScalarKey key{"backend",
                      [this](const std::string& text) { config_.backend = backend_from(text); }};
  read_scalar(entry, "backend", key, given_, faults_);
}

void ConfigReader::read_workers(const TomlEntry& entry) {
  const ScalarKey key{"workers",
                      [this](const std::string& text) { config_.workers = workers_from(text); }};
  read_scalar(entry, "workers", key, given_, faults_);
}

void ConfigReader::read_user(const TomlEntry& entry) {
  const ScalarKey key{"user", [this](const std::string& text) { config_.user = text; }};
  read_scalar(entry, "user", key, given_, faults_);
}

void ConfigReader::read_chroot(const TomlEntry& entry) {
  const ScalarKey key{"chroot", [this](const std::string& text) {
                        if (!text.starts_with('/')) {
                          throw UsageError("chroot " + quote(text) + " is not a path from /");
                        }
                        config_.chroot = text;
                      }};
  read_scalar(entry, "chroot", key, given_, faults_);
}

void ConfigReader::read_sandbox(const TomlEntry& entry) {
  const ScalarKey key{
      "sandbox", [this](const std::string& text) { config_.sandbox = sandbox_mode_from(text); }};
  read_scalar(entry, "sandbox", key, given_, faults_);
}

void ConfigReader::read_limits(const TomlEntry& entry) {
  daemon::read_limits(entry, given_, config_, faults_);
}

void ConfigReader::read_log(const TomlEntry& entry) {
  daemon::read_log(entry, given_, config_, faults_);
}

void ConfigReader::read_bus(const TomlEntry& entry) {
  daemon::read_bus(entry, given_, config_, faults_);
}

void ConfigReader::read_control(const TomlEntry& entry) {
  daemon::read_control(entry, given_, config_, faults_);
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
  config_.include.push_back(value.text);
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
                                          Member{"workers", &ConfigReader::read_workers},
                                          Member{"user", &ConfigReader::read_user},
                                          Member{"chroot", &ConfigReader::read_chroot},
                                          Member{"sandbox", &ConfigReader::read_sandbox},
                                          Member{"limits", &ConfigReader::read_limits},
                                          Member{"log", &ConfigReader::read_log},
                                          Member{"bus", &ConfigReader::read_bus},
                                          Member{"control", &ConfigReader::read_control},
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
