// One key of a service: its name, type, default and range, and how its value is read and written.
//
// A key is a constant. The keys of a kind of service form its table, and everything else comes from
// there: reading the text of -l, the defaults, --help. A configuration file has the same keys; a
// scalar of another type than text is read in its written form.
// Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_KEY_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_KEY_H

#include <optional>
#include <string>
#include <string_view>

#include "../../../reactor/base/endpoint.h"
#include "value.h"

namespace sluice::tools::daemon {

// For KeyText::applies.
inline bool over_all(Scheme /*scheme*/) { return true; }
inline bool over_streams(Scheme scheme) { return scheme != Scheme::udp; }
inline bool over_tcp(Scheme scheme) { return scheme == Scheme::tcp; }
inline bool over_udp(Scheme scheme) { return scheme == Scheme::udp; }
inline bool over_ip(Scheme scheme) { return scheme != Scheme::unix_stream; }
inline bool over_unix(Scheme scheme) { return scheme == Scheme::unix_stream; }

struct KeyText {
  std::string_view name;     // "max-line"
  std::string_view form;     // what a value looks like, in a word: "BYTES"
  std::string_view summary;  // for --help
  bool (*applies)(Scheme scheme) = over_all;
  std::string_view without = {};  // what holds if there is neither a value nor a default: "none"
  bool required = false;
  bool of_bytes = false;  // has no meaning for messages of WebSocket
  bool secret = false;    // no message repeats its value
};

class Key {
 public:
  constexpr explicit Key(const KeyText& text) noexcept : text_(text) {}
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  [[nodiscard]] constexpr std::string_view name() const noexcept { return text_.name; }
  [[nodiscard]] constexpr const KeyText& text() const noexcept { return text_; }
  [[nodiscard]] bool applies(Scheme scheme, bool websocket) const {
    return text_.applies(scheme) && !(websocket && text_.of_bytes);
  }

  // Throws UsageError that names the key, what was read and what is allowed.
  [[nodiscard]] virtual Value read(std::string_view text) const = 0;
  // The text that read() reads as `value`. REQUIRES: a value of this key.
  [[nodiscard]] virtual std::string write(const Value& value) const = 0;
  // What holds if the key is not given.
  [[nodiscard]] virtual std::optional<Value> fallback() const = 0;
  // The range or the list of values that are allowed: "1-65536".
  [[nodiscard]] virtual std::string allowed() const = 0;
  // Its digits are octal: in a file, a decimal number would mean something else than it says.
  [[nodiscard]] virtual bool is_octal() const { return false; }
  // Its value is a list of words, which spaces separate; an array in a file.
  [[nodiscard]] virtual bool is_list() const { return false; }

 protected:
  ~Key() = default;

 private:
  KeyText text_;
};

// A key whose values are of the type T, which is one of Value's.
template <class T>
class KeyOf : public Key {
 public:
  using Key::Key;
  using Type = T;

 protected:
  ~KeyOf() = default;
};

}  // namespace sluice::tools::daemon

#endif
