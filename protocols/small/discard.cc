#include "discard.h"

namespace sluice {

std::size_t Discard::on_data(Connection& /*connection*/, std::span<const std::byte> in) {
  discarded_ += in.size();
  return in.size();
}

}  // namespace sluice
