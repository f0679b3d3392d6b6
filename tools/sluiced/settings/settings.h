// The values that were given to the keys of one service.
//
// A plain value: it can be copied and compared. What was not given has its key's default.
// Lifetime: the keys, which are constants, outlive it. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_SETTINGS_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_SETTINGS_H

#include <cassert>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "key.h"

namespace sluice::tools::daemon {

class Settings {
 public:
  // REQUIRES: `value` is of the key's type.
  void set(const Key& key, Value value) { given_.insert_or_assign(key.name(), std::move(value)); }

  void remove(const Key& key) { given_.erase(key.name()); }

  [[nodiscard]] bool has(const Key& key) const { return given_.count(key.name()) != 0; }

  // What was given, else the default; nothing without either.
  [[nodiscard]] std::optional<Value> value(const Key& key) const {
    const auto found = given_.find(key.name());
    return found == given_.end() ? key.fallback() : found->second;
  }

  template <class T>
  [[nodiscard]] std::optional<T> find(const KeyOf<T>& key) const {
    const std::optional<Value> found = value(key);
    if (!found) return {};
    return std::get<T>(*found);
  }

  // REQUIRES: the key has a default, or was given.
  template <class T>
  [[nodiscard]] T get(const KeyOf<T>& key) const {
    std::optional<T> found = find(key);
    assert(found.has_value());
    return *std::move(found);
  }

  bool operator==(const Settings&) const = default;

 private:
  std::map<std::string_view, Value> given_;
};

}  // namespace sluice::tools::daemon

#endif
