// A key whose value is an address: of a group, or the path of a Unix socket.
//
// Errors: read() throws UsageError, as Key says. Thread: any.
#ifndef SLUICE_TOOLS_SLUICED_SETTINGS_ADDRESS_KEY_H
#define SLUICE_TOOLS_SLUICED_SETTINGS_ADDRESS_KEY_H

#include <optional>
#include <string>
#include <string_view>

#include "key.h"

namespace sluice::tools::daemon {

class AddressKey final : public KeyOf<Address> {
 public:
  // Nothing if the text is not allowed.
  using Reader = std::optional<Address> (*)(std::string_view text);

  // `describe` returns which addresses `reader` reads: "an IPv6 multicast address".
  constexpr AddressKey(const KeyText& text, Reader reader, std::string (*describe)()) noexcept
      : KeyOf(text), reader_(reader), describe_(describe) {}

  [[nodiscard]] Value read(std::string_view text) const override;
  [[nodiscard]] std::string write(const Value& value) const override;
  [[nodiscard]] std::optional<Value> fallback() const override { return {}; }
  [[nodiscard]] std::string allowed() const override { return describe_(); }

 private:
  Reader reader_;
  std::string (*describe_)();
};

}  // namespace sluice::tools::daemon

#endif
